package crash

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// CreateModelPackage-2, -10: a server that is killed while versions are registered
// and cards are printed gives out the numbers 1 to n, each once, and every document
// that was asked for is written.
func TestKilledServerRegistersOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := server.New(t, server.Options{Dir: filepath.Join(server.Directory(t), "data"), Database: "sqlite"})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	call := func(operation string, in map[string]any, out any) error {
		return client.Call(ctx, "sagemaker", "SageMaker."+operation, in, out)
	}
	if _, err := client.S3(ctx, "PUT", "/documents", nil); err != nil {
		t.Fatal(err)
	}
	if err := call("CreateModelPackageGroup", map[string]any{"ModelPackageGroupName": "group"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := call("CreateModelCard", map[string]any{"ModelCardName": "card", "Content": "{}", "ModelCardStatus": "Draft"}, nil); err != nil {
		t.Fatal(err)
	}
	const rounds = 40
	done := make(chan error, 1)
	go func() {
		for i := range rounds {
			var made struct{ ModelPackageArn string }
			in := map[string]any{"ModelPackageGroupName": "group", "ClientToken": fmt.Sprint("token-", i)}
			if err := call("CreateModelPackage", in, &made); err != nil || !strings.HasSuffix(made.ModelPackageArn, fmt.Sprintf("/%d", i+1)) {
				done <- fmt.Errorf("round %d: %s, %w", i, made.ModelPackageArn, err)
				return
			}
			job := map[string]any{"ModelCardName": "card", "ModelCardExportJobName": fmt.Sprint("job-", i), "OutputConfig": map[string]string{"S3OutputPath": "s3://documents"}}
			var refusal *server.Refusal
			// Sent again after a kill, it may have been taken already.
			if err := call("CreateModelCardExportJob", job, nil); err != nil && !(errors.As(err, &refusal) && strings.Contains(refusal.Text, "already exists")) {
				done <- err
				return
			}
		}
		done <- nil
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		case <-tick.C:
			if s.Kills() < 6 {
				s.Kill()
				if err := s.Start(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for i := range rounds {
		in := map[string]any{"ModelCardExportJobArn": fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:model-card/card/export-job/job-%d", i)}
		var job struct{ Status, FailureReason string }
		for job.Status != "Completed" {
			if err := call("DescribeModelCardExportJob", in, &job); err != nil {
				t.Fatal(err)
			}
			if job.Status == "Failed" {
				t.Fatalf("job-%d: %s", i, job.FailureReason)
			}
			select {
			case <-ctx.Done():
				t.Fatalf("job-%d is still %s after %d kills", i, job.Status, s.Kills())
			case <-tick.C:
			}
		}
		if file, err := client.S3(ctx, "GET", fmt.Sprintf("/documents/card/job-%d.pdf", i), nil); err != nil || !strings.HasPrefix(string(file), "%PDF-") {
			t.Errorf("job-%d: %d bytes, %v", i, len(file), err)
		}
	}
	var list struct {
		ModelPackageSummaryList []struct{ ModelPackageVersion int }
	}
	if err := call("ListModelPackages", map[string]any{"ModelPackageGroupName": "group", "MaxResults": 100}, &list); err != nil || len(list.ModelPackageSummaryList) != rounds {
		t.Errorf("%d versions, %v", len(list.ModelPackageSummaryList), err)
	}
	if s.Kills() == 0 {
		t.Error("the server was never killed")
	}
}
