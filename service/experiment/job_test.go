package experiment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// trainingJob is a job that has just started.
func trainingJob(name string, config *sagemaker.ExperimentConfig) *sagemaker.DescribeTrainingJobOutput {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &sagemaker.DescribeTrainingJobOutput{
		TrainingJobName: &name, TrainingJobArn: aws.Ptr(aws.SageMakerARN(home, "training-job", name)),
		TrainingJobStatus: "InProgress", SecondaryStatus: "Starting", TrainingStartTime: &start, ExperimentConfig: config,
		HyperParameters: map[string]string{"rounds": "10", "eta": "1e-1", "hex": "0x10", "odd": "1_000", "nan": "nan", "program": `"train.py"`},
		ResourceConfig:  &sagemaker.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](2), VolumeSizeInGB: aws.Ptr[int32](30)},
		InputDataConfig: []*sagemaker.Channel{
			{ChannelName: aws.Ptr("train"), ContentType: aws.Ptr("text/csv"), DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{S3Uri: aws.Ptr("s3://b/train")}}},
			{ChannelName: aws.Ptr("disk"), DataSource: &sagemaker.DataSource{FileSystemDataSource: &sagemaker.FileSystemDataSource{FileSystemId: aws.Ptr("fs-1"), DirectoryPath: aws.Ptr("/data")}}},
		},
		DebugHookConfig: &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://b/debug")},
	}
}

func (b *bundle) record(job *sagemaker.DescribeTrainingJobOutput) {
	b.t.Helper()
	err := b.DB.Update(b.ctx, func(tx *store.Tx) error { return b.RecordTrainingJob(tx, home, job, "example/image:1") })
	ok(b, 0, err)
}

func (b *bundle) check(job string, config *sagemaker.ExperimentConfig) error {
	return b.DB.Update(b.ctx, func(tx *store.Tx) error { return b.CheckExperimentConfig(tx, home, job, config) })
}

// complete is how the job ends.
func complete(job *sagemaker.DescribeTrainingJobOutput) *sagemaker.DescribeTrainingJobOutput {
	end := job.TrainingStartTime.Add(time.Minute)
	job.TrainingJobStatus, job.SecondaryStatus, job.TrainingEndTime = "Completed", "Completed", &end
	job.ModelArtifacts = &sagemaker.ModelArtifacts{S3ModelArtifacts: aws.Ptr("s3://b/model.tar.gz")}
	return job
}

// A job's component has its hyperparameters, instances, channels, image, status
// and times, follows the job, and keeps what users add to it; the SDK finds it by
// the job's ARN in lower case.
func TestJobComponent(t *testing.T) {
	each(t, func(b *bundle) {
		job := trainingJob("My-Job", nil)
		b.record(job)
		arn := *job.TrainingJobArn
		if got := b.names(sagemaker.ListTrialComponentsInput{SourceArn: aws.Ptr(strings.ToLower(arn))}); got != "My-Job-aws-training-job" {
			b.t.Fatalf("found %q", got)
		}
		d := b.describe("my-job-aws-training-job")
		want := `map[SageMaker.ImageUri:example/image:1 SageMaker.InstanceCount:2 SageMaker.InstanceType:ml.m5.large SageMaker.VolumeSizeInGB:30 ` +
			`eta:0.1 hex:0x10 nan:nan odd:1_000 program:"train.py" rounds:10]`
		if got := show(d.Parameters); got != want {
			b.t.Errorf("parameters\ngot  %s\nwant %s", got, want)
		}
		if *d.TrialComponentArn != "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/my-job-aws-training-job" ||
			*d.Source.SourceArn != arn || *d.Source.SourceType != "SageMakerTrainingJob" || d.Status.PrimaryStatus != "InProgress" ||
			*d.Status.Message != "Status: InProgress, secondary status: Starting, failure reason: ." || !d.StartTime.Equal(*job.TrainingStartTime) || d.EndTime != nil {
			b.t.Errorf("described as %+v", d)
		}
		if in := d.InputArtifacts; len(in) != 2 || *in["train"].Value != "s3://b/train" || *in["train"].MediaType != "text/csv" || *in["disk"].Value != "fs-1:/data" {
			b.t.Errorf("inputs %v", in)
		}
		if out := d.OutputArtifacts; len(out) != 1 || *out["SageMaker.DebugHookOutput"].Value != "s3://b/debug" {
			b.t.Errorf("outputs %v", out)
		}
		changed, err := b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{
			TrialComponentName: d.TrialComponentName, DisplayName: aws.Ptr("Mine"), Parameters: parameters{"rounds": number(11), "note": text("n")},
			OutputArtifacts: artifacts{"plot": artifact("s3://b/plot.png")},
		})
		ok(b, changed, err)
		metrics := map[string]summary.Summary{}
		for i, v := range []float64{3, 1} {
			m := metrics["loss"]
			m.Add(v, job.TrainingStartTime.Add(time.Duration(i)*time.Second))
			metrics["loss"] = m
		}
		for range 2 { // a server that comes back reads the whole log again
			err = b.DB.Update(b.ctx, func(tx *store.Tx) error { return b.RecordTrainingJobMetrics(tx, home, "My-Job", arn, metrics) })
			ok(b, 0, err)
		}
		b.record(complete(job))
		d = b.describe("my-job-aws-training-job")
		if *d.DisplayName != "Mine" || *d.Parameters["rounds"].NumberValue != 11 || d.Status.PrimaryStatus != "Completed" || !d.EndTime.Equal(*job.TrainingEndTime) ||
			len(d.OutputArtifacts) != 3 || *d.OutputArtifacts["SageMaker.ModelArtifact"].Value != "s3://b/model.tar.gz" {
			b.t.Errorf("at the end: %+v", d)
		}
		if m := d.Metrics; len(m) != 1 || *m[0].SourceArn != arn || *m[0].Min != 1 || *m[0].Last != 1 || *m[0].Avg != 2 || *m[0].Count != 2 {
			b.t.Errorf("metrics %+v", m)
		}
		failed := trainingJob("unlucky", nil) // ends before it starts
		failed.TrainingJobStatus, failed.SecondaryStatus, failed.FailureReason = "Failed", "Failed", aws.Ptr(strings.Repeat("ü", 1024))
		failed.TrainingStartTime = nil
		b.record(failed)
		if d := b.describe("unlucky-aws-training-job"); d.Status.PrimaryStatus != "Failed" || len([]rune(*d.Status.Message)) != 1024 || d.StartTime != nil {
			b.t.Errorf("failed: %+v", d.Status)
		}
	})
}

// CreateTrainingJob-18, -21, DescTJ-20: a configuration names what exists; a job
// joins its trial, gets a new one where it names none, and is a source of its run.
func TestExperimentConfig(t *testing.T) {
	each(t, func(b *bundle) {
		b.experiment("Exp")
		b.experiment("other")
		b.trial("exp", "T")
		b.component("exp-run1")
		for words, config := range map[string]*sagemaker.ExperimentConfig{
			`Could not find experiment "nope"`:                          {ExperimentName: aws.Ptr("nope")},
			`Could not find trial "nope"`:                               {ExperimentName: aws.Ptr("exp"), TrialName: aws.Ptr("nope")},
			`Could not find trial "nope2"`:                              {TrialName: aws.Ptr("nope2")},
			`Could not find experiment "nope3"`:                         {ExperimentName: aws.Ptr("nope3"), TrialName: aws.Ptr("t")},
			`Could not find trial component "nope4"`:                    {ExperimentName: aws.Ptr("exp"), RunName: aws.Ptr("nope4")},
			`trial "T" belongs to the experiment "Exp", not to "other"`: {ExperimentName: aws.Ptr("OTHER"), TrialName: aws.Ptr("t")},
		} {
			code := aws.ResourceNotFound
			if strings.Contains(words, "belongs") {
				code = aws.ValidationException
			}
			refused(b.t, b.check("job", config), code, words)
		}
		if got := b.trialNames(sagemaker.ListTrialsInput{}); got != "T" {
			b.t.Errorf("refusals made trials: %s", got)
		}
		for i, c := range []struct {
			config      *sagemaker.ExperimentConfig
			trials, run string
		}{
			{&sagemaker.ExperimentConfig{}, "", ""},
			{&sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("exp")}, "Job1-aws-training-job", ""},
			{&sagemaker.ExperimentConfig{TrialName: aws.Ptr("t")}, "T", ""},
			{&sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("EXP"), TrialName: aws.Ptr("T"), TrialComponentDisplayName: aws.Ptr("Shown")}, "T", ""},
			{&sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("exp"), TrialName: aws.Ptr("T"), RunName: aws.Ptr("exp-run1")}, "T", "exp-run1"},
			{&sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("exp"), TrialName: aws.Ptr("T"), RunName: aws.Ptr("run1")}, "T", "run1"},
		} {
			name := fmt.Sprint("Job", i)
			ok(b, 0, b.check(name, c.config))
			job := trainingJob(name, c.config)
			b.record(job)
			b.record(complete(job))
			component := name + "-aws-training-job"
			if got := b.trialNames(sagemaker.ListTrialsInput{TrialComponentName: &component}); got != c.trials {
				b.t.Errorf("%s is in %q, want %q", name, got, c.trials)
			}
			if got, want := *b.describe(component).DisplayName, aws.Val(c.config.TrialComponentDisplayName); got != want && want != "" || want == "" && got != component {
				b.t.Errorf("%s is shown as %s", name, got)
			}
			var record *sagemaker.SearchRecord
			err := b.DB.View(b.ctx, func(tx *store.Tx) (err error) {
				record, err = b.Searchable()[2].Record(tx, home, components.Key(component))
				return err
			})
			if got := aws.Val(ok(b, record, err).TrialComponent.RunName); got != c.run {
				b.t.Errorf("%s has the run %q, want %q", name, got, c.run)
			}
		}
		d := b.describe("exp-run1")
		if len(d.Sources) != 2 || *d.Sources[0].SourceArn != aws.SageMakerARN(home, "training-job", "job4") || d.Source != nil {
			b.t.Errorf("the run's sources: %+v", d.Sources)
		}
		if got := b.trialNames(sagemaker.ListTrialsInput{ExperimentName: aws.Ptr("exp")}); got != "Job1-aws-training-job T" {
			b.t.Errorf("trials %q", got)
		}
	})
}

// What a job was made for may be deleted before it starts, its component while it
// runs, and somebody may have made the component before: the job goes on.
func TestJobOutlivesItsExperiment(t *testing.T) {
	each(t, func(b *bundle) {
		b.experiment("e")
		b.trial("e", "t")
		b.component("run")
		b.component("job-aws-training-job")
		changed, err := b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{TrialComponentName: aws.Ptr("job-aws-training-job"), Parameters: parameters{"mine": number(1)}})
		ok(b, changed, err)
		config := &sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("e"), TrialName: aws.Ptr("t"), RunName: aws.Ptr("run")}
		ok(b, 0, b.check("job", config))
		t, err := b.DeleteTrial(b.ctx, &sagemaker.DeleteTrialInput{TrialName: aws.Ptr("t")})
		ok(b, t, err)
		r, err := b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("run")})
		ok(b, r, err)
		job := trainingJob("job", config)
		b.record(job)
		d := b.describe("job-aws-training-job")
		if *d.Parameters["mine"].NumberValue != 1 || *d.Parameters["rounds"].NumberValue != 10 || *d.Source.SourceArn != *job.TrainingJobArn {
			b.t.Errorf("adopted as %+v", d)
		}
		r, err = b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("job-aws-training-job")})
		ok(b, r, err)
		err = b.DB.Update(b.ctx, func(tx *store.Tx) error {
			return b.RecordTrainingJobMetrics(tx, home, "job", *job.TrainingJobArn, map[string]summary.Summary{"m": {Count: 1}})
		})
		ok(b, 0, err)
		b.record(complete(job))
		if got := b.names(sagemaker.ListTrialComponentsInput{}); got != "" {
			b.t.Errorf("deleted, and there again: %s", got)
		}
	})
}

// Search-10, Search-19: records show tags, metrics, parents and the job behind a
// component, and a trial's components.
func TestSearchRecords(t *testing.T) {
	each(t, func(b *bundle) {
		b.JobRecord = func(_ *store.Tx, _ aws.Scope, name string) (*sagemaker.SearchRecord, error) {
			return &sagemaker.SearchRecord{TrainingJob: &sagemaker.TrainingJob{TrainingJobName: &name}}, nil
		}
		b.experiment("Exp")
		b.trial("exp", "T1")
		b.trial("exp", "t2")
		b.record(trainingJob("job", nil))
		b.associate("t1", "job-aws-training-job")
		b.associate("t2", "job-aws-training-job")
		var e, tr, c *sagemaker.SearchRecord
		err := b.DB.Update(b.ctx, func(tx *store.Tx) (err error) {
			for _, arn := range []string{experiments.ARN(home, "exp"), trials.ARN(home, "t1"), components.ARN(home, "job-aws-training-job")} {
				if err := store.AddTags(tx, home, arn, map[string]string{"k": arn}); err != nil {
					return err
				}
			}
			if e, err = b.Searchable()[0].Record(tx, home, "exp"); err != nil {
				return err
			}
			if tr, err = b.Searchable()[1].Record(tx, home, "t1"); err != nil {
				return err
			}
			c, err = b.Searchable()[2].Record(tx, home, "job-aws-training-job")
			return err
		})
		ok(b, 0, err)
		if r := e.Experiment; *r.ExperimentName != "Exp" || *r.Tags[0].Value != *r.ExperimentArn {
			b.t.Errorf("experiment %+v", r)
		}
		if r := tr.Trial; *r.TrialName != "T1" || *r.ExperimentName != "Exp" || len(r.TrialComponentSummaries) != 1 ||
			*r.TrialComponentSummaries[0].TrialComponentName != "job-aws-training-job" || *r.Tags[0].Value != *r.TrialArn {
			b.t.Errorf("trial %+v", r)
		}
		r := c.TrialComponent
		if len(r.Parents) != 2 || *r.Parents[0].TrialName != "T1" || *r.Parents[1].ExperimentName != "Exp" || *r.Tags[0].Key != "k" ||
			*r.SourceDetail.TrainingJob.TrainingJobName != "job" || *r.SourceDetail.SourceArn != *r.Source.SourceArn {
			b.t.Errorf("component %+v", r)
		}
	})
}
