package training

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// engine is a container engine: the fake runner, with one registry behind it.
type engine struct {
	*fake.Runner
	mu     sync.Mutex
	specs  []run.Spec
	pulled []string // "image provider"
}

func (e *engine) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	e.mu.Lock()
	e.specs = append(e.specs, s)
	e.mu.Unlock()
	return e.Runner.Start(ctx, s)
}

func (e *engine) Pull(_ context.Context, ref, provider string, progress func(string)) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pulled = append(e.pulled, strings.TrimSpace(ref+" "+provider))
	if strings.Contains(ref, "absent") {
		return "", errors.New("the registry does not know " + ref)
	}
	progress("Pulling")
	return "sha256:0123", nil
}

func (*engine) Knows(provider string) bool { return strings.HasSuffix(provider, ":known") }

func (*engine) Clean(context.Context, func(string) bool) error { return nil }

const provider = "arn:aws:lambda:us-east-1:123456789012:function:"

// withEngine is a bundle whose images are all strange to it, so that they run in
// containers.
func withEngine(t *testing.T) (*bundle, *engine) {
	t.Helper()
	b := setup(t, storetest.SQLite(t))
	e := &engine{Runner: fake.New()}
	b.Containers = e
	return b, e
}

// private is a request for an image of a private registry.
func private(name, function string) *sagemaker.CreateTrainingJobInput {
	req := request(name)
	req.AlgorithmSpecification.TrainingImage = aws.Ptr("unknown/image:1")
	req.VpcConfig = &sagemaker.VpcConfig{SecurityGroupIds: []string{"sg-1"}, Subnets: []string{"subnet-1"}}
	req.AlgorithmSpecification.TrainingImageConfig = &sagemaker.TrainingImageConfig{
		TrainingRepositoryAccessMode: sagemaker.TrainingRepositoryAccessModeVpc,
		TrainingRepositoryAuthConfig: &sagemaker.TrainingRepositoryAuthConfig{TrainingRepositoryCredentialsProviderArn: aws.Ptr(provider + function)},
	}
	return req
}

// An image without a program here runs in a container, with the argument train
// for its entrypoint; its digest is in the status (TrainContainer-1, X-10).
func TestContainer(t *testing.T) {
	t.Parallel()
	b, e := withEngine(t)
	req := request("contained")
	req.AlgorithmSpecification.TrainingImage = aws.Ptr("unknown/image:1")
	b.create(req)
	out := b.await("contained", ended)
	if message := *out.SecondaryStatusTransitions[0].StatusMessage; out.TrainingJobStatus != "Completed" || !strings.Contains(message, "sha256:0123") {
		t.Errorf("%s: %q", out.TrainingJobStatus, message)
	}
	if s := e.specs[0]; s.Image != "unknown/image:1" || len(s.Command) != 0 || strings.Join(s.Args, " ") != "train" {
		t.Errorf("it ran %+v", s)
	}
	for _, name := range []string{"PATH", "HOME", "LANG"} { // those of the image, which is not known yet
		if value, set := e.specs[0].Env[name]; set {
			t.Errorf("%s=%s hides what the image says", name, value)
		}
	}
	req = request("absent")
	req.AlgorithmSpecification.TrainingImage = aws.Ptr("unknown/absent:1")
	b.create(req)
	if out := b.await("absent", ended); aws.Val(out.FailureReason) != "ClientError: the image could not be prepared: the registry does not know unknown/absent:1" {
		t.Errorf("%q", aws.Val(out.FailureReason))
	}
}

// shipped is a server's own image behind the URI shipped/image:1, with a metric.
type shipped struct{ anyImage }

func (s shipped) Resolve(ctx context.Context, uri string) (image.Image, error) {
	img, err := s.anyImage.Resolve(ctx, uri)
	if uri == "shipped/image:1" {
		img.BuiltIn, img.Metrics = true, []image.Metric{{Name: "loss", Regex: "loss=(.*)"}}
	}
	return img, err
}

// Where every image runs in a container, so do those that the server ships, and
// their URIs bring the same metric definitions along (CreateTrainingJob-20).
func TestContainersOnly(t *testing.T) {
	t.Parallel()
	b, e := withEngine(t)
	b.Images, b.ContainersOnly = shipped{}, true
	for name, want := range map[string]int{"shipped": 1, "test": 0, "unknown": 0} {
		req := request(name)
		req.AlgorithmSpecification.TrainingImage = aws.Ptr(name + "/image:1")
		req.AlgorithmSpecification.MetricDefinitions = nil
		b.create(req)
		out := b.await(name, ended)
		if got := len(out.AlgorithmSpecification.MetricDefinitions); got != want || out.TrainingJobStatus != "Completed" {
			t.Errorf("%s: %d metric definitions, want %d; %s", name, got, want, out.TrainingJobStatus)
		}
	}
	if len(e.specs) != 3 {
		t.Errorf("%d containers ran, want 3", len(e.specs))
	}
}

// CreateTrainingJob-6, DescTJ-9: an image of a private registry is pulled with the
// credentials of its provider; settings that cannot have an effect are refused.
func TestRegistry(t *testing.T) {
	t.Parallel()
	b, e := withEngine(t)
	b.create(private("good", "known"))
	b.await("good", ended)
	if want := "unknown/image:1 " + provider + "known"; e.pulled[0] != want {
		t.Errorf("pulled %q, want %q", e.pulled, want)
	}
	noVPC, platform, here := private("x", "known"), private("x", "known"), private("x", "known")
	noVPC.VpcConfig = nil
	platform.AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode = sagemaker.TrainingRepositoryAccessModePlatform
	here.AlgorithmSpecification.TrainingImage = aws.Ptr("test/image:1")
	for want, req := range map[string]*sagemaker.CreateTrainingJobInput{
		"needs a VpcConfig": noVPC, "only for TrainingRepositoryAccessMode Vpc": platform,
		"does not run in a container here": here, "There are no credentials for the provider": private("x", "other"),
	} {
		if _, err := b.CreateTrainingJob(b.ctx, req); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
