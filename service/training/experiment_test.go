package training

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// diary notes what it is told of a job, in rows that go with the job's own
// transaction.
type diary struct {
	mu     sync.Mutex
	totals map[string]summary.Summary
	fail   bool
	// changes counts those that were not recorded otherwise.
	changes int
}

var entries = store.NewTable[string]("diary")

func (d *diary) CheckExperimentConfig(_ *store.Tx, _ aws.Scope, _ string, c *sagemaker.ExperimentConfig) error {
	if aws.Val(c.ExperimentName) == "none" {
		return aws.Errorf(aws.ResourceNotFound, "Experiment none does not exist.")
	}
	return nil
}

func (d *diary) RecordTrainingJob(tx *store.Tx, scope aws.Scope, job *sagemaker.DescribeTrainingJobOutput, image string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail {
		return errors.New("the diary is closed")
	}
	n, err := entries.Count(tx, scope, store.Query{Parent: *job.TrainingJobName})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s %s started=%t ended=%t %s", image, job.SecondaryStatus, job.TrainingStartTime != nil, job.TrainingEndTime != nil, *job.ModelArtifacts.S3ModelArtifacts)
	return entries.Insert(tx, &store.Row[string]{Scope: scope, Name: fmt.Sprint(*job.TrainingJobName, n), Parent: *job.TrainingJobName, Body: strings.TrimSpace(text)})
}

func (d *diary) RecordTrainingJobMetrics(_ *store.Tx, _ aws.Scope, _, _ string, metrics map[string]summary.Summary) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.totals = maps.Clone(metrics)
	return nil
}

func (d *diary) TrainingJobChanged(*store.Tx, aws.Scope, string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes++
	return nil
}

// of is what was noted of a job.
func (d *diary) of(b *bundle, job string) (texts []string) {
	b.t.Helper()
	must(b.t, b.DB.View(b.ctx, func(tx *store.Tx) error {
		rows, err := entries.List(tx, home, store.Query{Parent: job, SortBy: store.ByName})
		for _, r := range rows {
			texts = append(texts, r.Body)
		}
		return err
	}))
	return texts
}

// CreateTrainingJob-21, DescTJ-20: a job's component is recorded when it starts,
// when it is asked to stop and when it ends, in the same transactions, with all
// values of its metrics; not when it is created. A configuration that names
// nothing is refused, and a good one is described back.
func TestComponents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, d := setup(t, db), &diary{}
		b.Experiments = d
		req := request("none")
		req.ExperimentConfig = &sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("none")}
		if _, err := b.CreateTrainingJob(b.ctx, req); aws.CodeOf(err) != aws.ResourceNotFound {
			t.Errorf("%v", err)
		}
		b.unknown("none")
		req = request("good")
		req.ExperimentConfig = &sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("e"), RunName: aws.Ptr("r")}
		req.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=([0-9.]+)")}}
		req.Environment = map[string]string{"FAKE_LOG": "loss=0.5\nloss=0.25\nloss=0.75\nbye", "FAKE_MODEL": "weights"}
		b.create(req)
		out := b.await("good", ended)
		if out.ExperimentConfig == nil || *out.ExperimentConfig.RunName != "r" {
			t.Errorf("described back: %+v", out.ExperimentConfig)
		}
		image := *req.AlgorithmSpecification.TrainingImage
		want := []string{image + " Starting started=true ended=false", image + " Completed started=true ended=true s3://bucket/out/good/output/model.tar.gz"}
		if got := d.of(b, "good"); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if m := d.totals["loss"]; m.Count != 3 || m.Min != 0.25 || m.Max != 0.75 || m.Mean != 0.5 || m.Last != 0.75 {
			t.Errorf("totals %+v", m)
		}
		d.mu.Lock()
		if d.changes < 4 { // begun, Downloading, Training, launched, Uploading, …
			t.Errorf("%d changes", d.changes)
		}
		d.mu.Unlock()
		req = request("stopped")
		req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		b.create(req)
		b.await("stopped", in(sagemaker.SecondaryStatusTraining))
		_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("stopped")})
		must(t, err)
		b.await("stopped", ended)
		got := d.of(b, "stopped")
		if len(got) != 3 || !strings.Contains(got[1], " Stopping ") || !strings.Contains(got[2], " Stopped started=true ended=true") {
			t.Errorf("stopped: %q", got)
		}
		req = request("failed")
		req.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
		b.create(req)
		b.await("failed", ended)
		if got := d.of(b, "failed"); len(got) != 2 || !strings.Contains(got[1], " Failed ") {
			t.Errorf("failed: %q", got)
		}
	})
}

// A change of a job and the record of it are one: what cannot be recorded does
// not happen.
func TestComponentsAreOfOnePiece(t *testing.T) {
	t.Parallel()
	b, d := setup(t, storetest.SQLite(t)), &diary{fail: true}
	b.Experiments = d
	must(t, b.DB.Update(b.ctx, func(tx *store.Tx) error {
		r := &row{Scope: home, Name: "job", Body: Job{Request: *request("job")}}
		begin(r, tx.Now)
		return jobs.Insert(tx, r)
	}))
	r := b.load("job")
	if _, err := b.claim(b.ctx, workOf(r), r); err == nil || !strings.Contains(err.Error(), "the diary is closed") {
		t.Errorf("claimed all the same: %v", err)
	}
	if got := b.load("job"); got.Body.Claimed || got.Rev != 1 {
		t.Errorf("the job changed: %+v", got)
	}
}

// load reads a job's row.
func (b *bundle) load(name string) (r *row) {
	b.t.Helper()
	must(b.t, b.DB.View(b.ctx, func(tx *store.Tx) (err error) { r, err = jobs.Get(tx, home, name); return err }))
	return r
}

// unknown wants a job not to be there.
func (b *bundle) unknown(name string) {
	b.t.Helper()
	if _, err := b.DescribeTrainingJob(b.ctx, &sagemaker.DescribeTrainingJobInput{TrainingJobName: &name}); aws.CodeOf(err) != aws.ValidationException {
		b.t.Errorf("%s is there: %v", name, err)
	}
}
