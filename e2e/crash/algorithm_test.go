package crash

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
)

// algorithm is what these tests read of DescribeAlgorithm.
type algorithm struct {
	AlgorithmStatus        string
	AlgorithmStatusDetails struct {
		ValidationStatuses []struct{ Name, Status, FailureReason string }
	}
}

// CreateAlgorithm-7, -8: a server that is killed again and again while a
// validation profile's job runs finds that job again, and it ran once.
func TestKilledServerValidatesOnce(t *testing.T) {
	t.Parallel()
	tr := begin(t, "sqlite", 2*time.Minute)
	w := tr.witness()
	job := witness.Job("unused", "")
	server.Channel(job, "train", "s3://"+witness.Bucket+"/in/")
	request := map[string]any{
		"AlgorithmName": "watched",
		"TrainingSpecification": map[string]any{
			"TrainingImage": witness.Image, "SupportedTrainingInstanceTypes": []string{"ml.m5.large"},
			"TrainingChannels": []any{map[string]any{"Name": "train", "SupportedContentTypes": []string{"text/csv"}, "SupportedInputModes": []string{"File"}}},
		},
		"ValidationSpecification": map[string]any{
			"ValidationRole": job["RoleArn"],
			"ValidationProfiles": []any{map[string]any{"ProfileName": "profile", "TrainingJobDefinition": map[string]any{
				"TrainingInputMode": "File", "InputDataConfig": job["InputDataConfig"], "OutputDataConfig": job["OutputDataConfig"],
				"ResourceConfig": job["ResourceConfig"], "StoppingCondition": job["StoppingCondition"],
			}}},
		},
	}
	if err := tr.call("CreateAlgorithm", request, nil); err != nil {
		t.Fatal(err)
	}
	var a algorithm
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for a.AlgorithmStatus != "Completed" {
		if tr.server.Kills() < 6 {
			tr.server.Kill()
			if err := tr.server.Start(tr.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := tr.call("DescribeAlgorithm", map[string]any{"AlgorithmName": "watched"}, &a); err != nil {
			t.Fatal(err)
		}
		if a.AlgorithmStatus == "Failed" {
			t.Fatalf("%+v", a)
		}
		select {
		case <-tr.ctx.Done():
			t.Fatalf("still %+v after %d kills", a, tr.server.Kills())
		case <-tick.C:
		}
	}
	if v := a.AlgorithmStatusDetails.ValidationStatuses; len(v) != 1 || v[0].Name != "profile" || v[0].Status != "Completed" {
		t.Errorf("%+v", v)
	}
	runs := w.Runs("*")
	if len(runs) != 1 {
		t.Fatalf("after %d kills the program ran as %v", tr.server.Kills(), runs)
	}
	name, _, _ := strings.Cut(filepath.Base(runs[0]), ".")
	if err := w.Check(tr.ctx, tr.client, name); err != nil || !strings.HasPrefix(name, "watched-profile-") {
		t.Errorf("%s: %v", name, err)
	}
	tr.server.NothingLeft(t)
}
