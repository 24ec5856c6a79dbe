package algorithm

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// bundle is the service over a real store and real tasks, with a trainer that
// keeps jobs as the training service does and runs none. That the real one does
// run them is proved with the real server, in e2e.
type bundle struct {
	*Service
	t       *testing.T
	ctx     context.Context
	trainer *trainer
	config  Config
}

// images answers every URI but some.
type images struct{}

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func (images) Digest(_ context.Context, uri string) (string, error) {
	switch {
	case strings.HasPrefix(uri, "unknown/"):
		return "", aws.Invalid("no image %q", uri)
	case strings.HasPrefix(uri, "nameless/"):
		return "", nil
	}
	return digest, nil
}

type anyRole struct{}

func (anyRole) EnsureRole(_ *store.Tx, _ aws.Scope, arn string) error {
	if !strings.Contains(arn, home.Account) {
		return aws.Invalid("Could not assume role %s", arn)
	}
	return nil
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), trainer: newTrainer()}
	b.config = Config{DB: db, Images: images{}, Roles: anyRole{}, Trainer: b.trainer, Tokens: kit.NewTokens([]byte("k")), Logger: slog.New(slog.DiscardHandler)}
	return b
}

// serve starts a server's worth of service over the bundle's parts, as after a
// restart when called again; it answers what ends it.
func (b *bundle) serve() (stop func()) {
	b.t.Helper()
	b.config.Tasks = task.New(b.config.DB, task.Options{NodeID: "node", Logger: b.config.Logger})
	b.Service = New(b.config)
	must(b.t, b.config.Tasks.Start(b.ctx))
	tasks := b.config.Tasks
	stop = func() { _ = tasks.Stop(context.WithoutCancel(b.t.Context())) }
	b.t.Cleanup(stop)
	return stop
}

func started(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, storetest.SQLite(t))
	b.serve()
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) create(in *sagemaker.CreateAlgorithmInput) {
	b.t.Helper()
	_, err := b.CreateAlgorithm(b.ctx, in)
	must(b.t, err)
}

func (b *bundle) describe(name string) *sagemaker.DescribeAlgorithmOutput {
	b.t.Helper()
	out, err := b.DescribeAlgorithm(b.ctx, &sagemaker.DescribeAlgorithmInput{AlgorithmName: &name})
	must(b.t, err)
	return out
}

// await polls until the algorithm satisfies ok, as a client would.
func (b *bundle) await(name string, ok func(*sagemaker.DescribeAlgorithmOutput) bool) *sagemaker.DescribeAlgorithmOutput {
	b.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(60 * time.Second)
	for {
		if out := b.describe(name); ok(out) {
			return out
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%s is still %s", name, b.describe(name).AlgorithmStatus)
		}
	}
}

func isEnded(out *sagemaker.DescribeAlgorithmOutput) bool { return ended(out.AlgorithmStatus) }

// algorithm is a request without validation.
func algorithm(name string) *sagemaker.CreateAlgorithmInput {
	return &sagemaker.CreateAlgorithmInput{
		AlgorithmName: &name, AlgorithmDescription: aws.Ptr("what it does"),
		TrainingSpecification: &sagemaker.TrainingSpecification{
			TrainingImage: aws.Ptr("example/image:1"),
			SupportedHyperParameters: []*sagemaker.HyperParameterSpecification{
				{Name: aws.Ptr("rounds"), Type: sagemaker.ParameterTypeInteger, IsRequired: aws.Ptr(true)},
				{Name: aws.Ptr("rate"), Type: sagemaker.ParameterTypeContinuous, DefaultValue: aws.Ptr("0.1")},
			},
			SupportedTrainingInstanceTypes: []sagemaker.TrainingInstanceType{"ml.m5.large"},
			MetricDefinitions:              []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=([0-9.]+)")}},
			TrainingChannels: []*sagemaker.ChannelSpecification{{
				Name: aws.Ptr("train"), IsRequired: aws.Ptr(true), SupportedContentTypes: []string{"text/csv"},
				SupportedInputModes: []sagemaker.TrainingInputMode{sagemaker.TrainingInputModeFile},
			}},
		},
	}
}

// validated adds profiles that run the image.
func validated(name, uri string, profiles ...string) *sagemaker.CreateAlgorithmInput {
	in := algorithm(name)
	in.TrainingSpecification.TrainingImage = &uri
	in.ValidationSpecification = &sagemaker.AlgorithmValidationSpecification{ValidationRole: aws.Ptr("arn:aws:iam::123456789012:role/validator")}
	for _, p := range profiles {
		in.ValidationSpecification.ValidationProfiles = append(in.ValidationSpecification.ValidationProfiles, &sagemaker.AlgorithmValidationProfile{
			ProfileName: &p,
			TrainingJobDefinition: &sagemaker.TrainingJobDefinition{
				TrainingInputMode: sagemaker.TrainingInputModeFile,
				HyperParameters:   map[string]string{"rounds": "3"},
				InputDataConfig: []*sagemaker.Channel{{
					ChannelName: aws.Ptr("train"), ContentType: aws.Ptr("text/csv"),
					DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{S3DataType: sagemaker.S3DataTypeS3Prefix, S3Uri: aws.Ptr("s3://bucket/in/")}},
				}},
				OutputDataConfig:  &sagemaker.OutputDataConfig{S3OutputPath: aws.Ptr("s3://bucket/out")},
				ResourceConfig:    &sagemaker.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](1), VolumeSizeInGB: aws.Ptr[int32](1)},
				StoppingCondition: &sagemaker.StoppingCondition{MaxRuntimeInSeconds: aws.Ptr[int32](600)},
			},
		})
	}
	return in
}
