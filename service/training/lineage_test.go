package training

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// origins keeps what it is told of jobs.
type origins struct {
	mu   sync.Mutex
	jobs map[string]lineage.Job
	fail bool
}

func (o *origins) RecordJob(_ *store.Tx, _ aws.Scope, job lineage.Job) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail {
		return errors.New("the book is full")
	}
	if o.jobs == nil {
		o.jobs = map[string]lineage.Job{}
	}
	o.jobs[job.Component] = job
	return nil
}

// QL-9: a job's image, data, model, checkpoints and TensorBoard output are noted
// when it ends, a failed job's without a model.
func TestLineage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, o := setup(t, db), &origins{}
		b.Lineage = o
		good := request("Good")
		good.Environment = map[string]string{"FAKE_MODEL": "weights"}
		good.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/checkpoints")}
		good.TensorBoardOutputConfig = &sagemaker.TensorBoardOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/board")}
		bad, stopped := request("bad"), request("stopped")
		bad.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
		stopped.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		for _, in := range []*sagemaker.CreateTrainingJobInput{good, bad, stopped} {
			b.create(in)
		}
		b.await("stopped", in(sagemaker.SecondaryStatusTraining))
		_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("stopped")})
		must(t, err)
		for _, name := range []string{"Good", "bad", "stopped"} {
			b.await(name, ended)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		inputs := []lineage.Data{
			{URI: *good.AlgorithmSpecification.TrainingImage, Type: "Image"},
			{URI: *good.InputDataConfig[0].DataSource.S3DataSource.S3Uri, Type: "DataSet"},
		}
		for name, outputs := range map[string][]lineage.Data{
			"Good": {{URI: "s3://bucket/out/Good/output/model.tar.gz", Type: "Model"}, {URI: "s3://bucket/checkpoints", Type: "Checkpoint"}, {URI: "s3://bucket/board", Type: "TensorBoard"}},
			"bad":  nil, "stopped": {{URI: "s3://bucket/out/stopped/output/model.tar.gz", Type: "Model"}},
		} {
			job := o.jobs[aws.SageMakerARN(home, "experiment-trial-component", strings.ToLower(name)+"-aws-training-job")]
			if !slices.Equal(job.Inputs, inputs) || !slices.Equal(job.Outputs, outputs) {
				t.Errorf("%s: %+v", name, job)
			}
		}
	})
}

// A job that was stopped or failed before it trained is not noted.
func TestLineageOfNothing(t *testing.T) {
	t.Parallel()
	o := &origins{}
	s := &Service{Config: Config{Lineage: o}}
	r := &row{Scope: home, Name: "job", Body: Job{Request: *request("job")}}
	begin(r, time.Now())
	must(t, errors.Join(fire(download, r, time.Now(), ""), fire(fail, r, time.Now(), ""), s.recordLineage(nil, r)))
	if len(o.jobs) > 0 {
		t.Errorf("noted %+v", o.jobs)
	}
}

// A job does not end without what is noted of it.
func TestLineageIsOfOnePiece(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.Lineage = &origins{fail: true}
	must(t, b.DB.Update(b.ctx, func(tx *store.Tx) error {
		r := &row{Scope: home, Name: "job", Body: Job{Request: *request("job")}}
		begin(r, tx.Now)
		return errors.Join(fire(train, r, tx.Now, ""), fire(upload, r, tx.Now, ""), jobs.Insert(tx, r))
	}))
	if err := b.fail(b.ctx, b.load("job"), "reason"); err == nil || !strings.Contains(err.Error(), "the book is full") {
		t.Errorf("ended all the same: %v", err)
	}
	if r := b.load("job"); r.Body.Secondary != sagemaker.SecondaryStatusUploading || r.Rev != 1 {
		t.Errorf("the job changed: %+v", r.Body)
	}
}
