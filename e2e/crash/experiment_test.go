package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
)

// component is what these tests read of DescribeTrialComponent.
type component struct {
	Status  struct{ PrimaryStatus string }
	Sources []struct{ SourceArn string }
	Metrics []struct {
		MetricName string
		Count      int
	}
	OutputArtifacts map[string]struct{ Value string }
}

// CreateTrainingJob-21, Co-8: however often the server is killed, a job and its
// trial are made together or not at all, its component ends as the job does and is
// a source of its run once, and a metric's summary counts exactly the points that
// can be read, all acknowledged ones among them.
func TestKilledServerKeepsExperimentsWhole(t *testing.T) {
	t.Parallel()
	const jobs = 6
	tr := begin(t, "sqlite", 3*time.Minute)
	tr.witness()
	tr.must("CreateExperiment", map[string]any{"ExperimentName": "e"}, nil)
	tr.must("CreateTrialComponent", map[string]any{"TrialComponentName": "e-run"}, nil)

	acknowledged := 0
	tr.killing(tr.upTo(500*time.Millisecond), func() {
		training, stop := context.WithCancel(tr.ctx)
		var metrics sync.WaitGroup
		metrics.Go(func() {
			for step := 0; training.Err() == nil; step++ {
				if putPoint(tr.ctx, tr.server, step) == nil {
					acknowledged++
				}
			}
		})
		tr.train(jobs, func(i int) map[string]any {
			job := witness.Job(jobName(i), "")
			job["ExperimentConfig"] = map[string]any{"ExperimentName": "e", "RunName": "run"}
			return job
		})
		stop()
		metrics.Wait()
	})
	for i := range jobs {
		var c component
		name := jobName(i) + "-aws-training-job"
		tr.must("DescribeTrialComponent", map[string]any{"TrialComponentName": name}, &c)
		if c.Status.PrimaryStatus != "Completed" || c.OutputArtifacts["SageMaker.ModelArtifact"].Value == "" {
			t.Errorf("%s: %+v", name, c)
		}
		var listed struct{ TrialSummaries []struct{ TrialName string } }
		tr.must("ListTrials", map[string]any{"TrialComponentName": name, "ExperimentName": "e"}, &listed)
		if len(listed.TrialSummaries) != 1 || listed.TrialSummaries[0].TrialName != name {
			t.Errorf("%s is in %+v", name, listed.TrialSummaries)
		}
	}
	var run component
	tr.must("DescribeTrialComponent", map[string]any{"TrialComponentName": "e-run"}, &run)
	if len(run.Sources) != jobs {
		t.Errorf("the run's sources: %v", run.Sources)
	}
	points, err := countPoints(tr.ctx, tr.client)
	if err != nil || len(run.Metrics) != 1 || run.Metrics[0].Count != points || points < acknowledged {
		t.Errorf("the summary %+v counts not the %d points, of which %d were acknowledged: %v", run.Metrics, points, acknowledged, err)
	}
	t.Logf("%d jobs, %d kills, %d points, %d acknowledged", jobs, tr.server.Kills(), points, acknowledged)
}

// metric calls an operation of SageMaker Metrics.
func metric(ctx context.Context, c *server.Client, method, operation string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, "sagemaker", body, func(base string) (*http.Request, error) {
		r, err := http.NewRequest(method, base+"/"+operation, bytes.NewReader(body))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, err
	})
}

// putPoint reports one point and does not try again.
func putPoint(ctx context.Context, s *server.Server, step int) error {
	once := s.As(s.Credentials())
	_, err := metric(ctx, once, http.MethodPut, "BatchPutMetrics", map[string]any{
		"TrialComponentName": "e-run",
		"MetricData":         []any{map[string]any{"MetricName": "m", "Timestamp": time.Now().Unix(), "Step": step % 1000, "Value": step}},
	})
	return err
}

// countPoints counts the points that can be read.
func countPoints(ctx context.Context, c *server.Client) (n int, err error) {
	answer, err := metric(ctx, c, http.MethodPost, "BatchGetMetrics", map[string]any{"MetricQueries": []any{map[string]any{
		"MetricName": "m", "ResourceArn": "arn:aws:sagemaker:us-east-1:" + server.Account + ":experiment-trial-component/e-run",
		"MetricStat": "Count", "Period": "IterationNumber", "XAxisType": "IterationNumber",
	}}})
	if err != nil {
		return 0, err
	}
	var out struct {
		MetricQueryResults []struct {
			Status, Message string
			MetricValues    []float64
		}
	}
	if err := json.Unmarshal(answer, &out); err != nil || len(out.MetricQueryResults) != 1 || out.MetricQueryResults[0].Status != "Complete" {
		return 0, fmt.Errorf("%s: %w", answer, err)
	}
	for _, v := range out.MetricQueryResults[0].MetricValues {
		n += int(v)
	}
	return n, nil
}
