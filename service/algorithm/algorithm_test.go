package algorithm

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// CreateAlgorithm-1, -8, CreateAlgorithm-9 (its name is taken), CreateAlgorithm-10,
// DescribeAlgorithm-1, -3: an algorithm without profiles is Completed at once, found
// by name and by ARN, described back whole with its images' digests, and deleted
// with its tags, which frees its name.
//
// covers: sagemaker.CreateAlgorithm sagemaker.DescribeAlgorithm sagemaker.DeleteAlgorithm
func TestLifeCycle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.serve()
		in := algorithm("Mixed-Case")
		in.Tags = []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}}
		in.InferenceSpecification = &sagemaker.InferenceSpecification{
			Containers:                      []*sagemaker.ModelPackageContainerDefinition{{Image: aws.Ptr("example/serve:1"), ModelDataUrl: aws.Ptr("s3://bucket/model.tar.gz")}},
			SupportedTransformInstanceTypes: []sagemaker.TransformInstanceType{"ml.m5.large"},
			SupportedContentTypes:           []string{"text/csv"},
		}
		in.CertifyForMarketplace = aws.Ptr(true)
		created, err := b.CreateAlgorithm(b.ctx, in)
		must(t, err)
		arn := "arn:aws:sagemaker:us-east-1:123456789012:algorithm/mixed-case"
		if *created.AlgorithmArn != arn {
			t.Errorf("ARN %s", *created.AlgorithmArn)
		}
		out := b.describe("Mixed-Case")
		if out.AlgorithmStatus != sagemaker.AlgorithmStatusCompleted || *out.AlgorithmName != "Mixed-Case" || *out.AlgorithmArn != arn ||
			*out.AlgorithmDescription != "what it does" || out.CreationTime == nil || !*out.CertifyForMarketplace {
			t.Errorf("described as %+v", out)
		}
		if d := out.AlgorithmStatusDetails; d == nil || d.ValidationStatuses == nil || len(d.ValidationStatuses) != 0 {
			t.Errorf("status details %+v", d)
		}
		want := algorithm("").TrainingSpecification
		want.TrainingImageDigest, want.SupportsDistributedTraining = aws.Ptr(digest), aws.Ptr(false)
		rounds, rate := want.SupportedHyperParameters[0], want.SupportedHyperParameters[1]
		rounds.IsTunable, rate.IsTunable, rate.IsRequired = aws.Ptr(false), aws.Ptr(false), aws.Ptr(false)
		if !reflect.DeepEqual(out.TrainingSpecification, want) {
			t.Errorf("training specification %+v", out.TrainingSpecification)
		}
		if c := out.InferenceSpecification.Containers[0]; aws.Val(c.ImageDigest) != digest || *c.ModelDataUrl != "s3://bucket/model.tar.gz" {
			t.Errorf("container %+v", c)
		}
		if byARN := b.describe(arn); *byARN.AlgorithmName != "Mixed-Case" {
			t.Errorf("by ARN: %+v", byARN)
		}
		spec, specARN, err := b.TrainingSpecification(b.ctx, home, arn)
		if err != nil || specARN != arn || *spec.TrainingImage != "example/image:1" {
			t.Errorf("TrainingSpecification: %+v, %s, %v", spec, specARN, err)
		}
		for _, again := range []string{"Mixed-Case", "mixed-case"} {
			_, err := b.CreateAlgorithm(b.ctx, algorithm(again))
			refused(t, err, "Algorithm with name "+again+" already exists")
		}
		tags := func() (m map[string]string) {
			must(t, db.View(b.ctx, func(tx *store.Tx) (err error) { m, err = store.Tags(tx, home, arn); return err }))
			return m
		}
		if tags()["k"] != "v" {
			t.Errorf("tags %v", tags())
		}
		_, err = b.DeleteAlgorithm(b.ctx, &sagemaker.DeleteAlgorithmInput{AlgorithmName: aws.Ptr("Mixed-Case")})
		must(t, err)
		if len(tags()) != 0 {
			t.Errorf("left behind: tags %v", tags())
		}
		b.unknown("Mixed-Case", arn)
		b.create(algorithm("mixed-case"))
	})
}

// refused wants a ValidationException with these words.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// unknown wants the algorithm to be unknown to every operation.
func (b *bundle) unknown(names ...string) {
	b.t.Helper()
	for _, name := range names {
		_, err := b.DescribeAlgorithm(b.ctx, &sagemaker.DescribeAlgorithmInput{AlgorithmName: &name})
		refused(b.t, err, "does not exist")
		_, err = b.DeleteAlgorithm(b.ctx, &sagemaker.DeleteAlgorithmInput{AlgorithmName: &name})
		refused(b.t, err, "does not exist")
		_, _, err = b.TrainingSpecification(b.ctx, home, name)
		refused(b.t, err, "does not exist")
	}
}

// X-2, CreateTrainingJob-4: an algorithm that is not there, one of another
// account or region, which exists or not, and ARNs of something else.
func TestUnknown(t *testing.T) {
	t.Parallel()
	b := started(t)
	other := aws.Scope{Account: "210987654321", Region: "us-east-1"}
	elsewhere := aws.Scope{Account: home.Account, Region: "eu-west-1"}
	foreign := *b
	for _, scope := range []aws.Scope{other, elsewhere} {
		foreign.ctx = aws.WithCaller(t.Context(), aws.Caller{Scope: scope})
		foreign.create(algorithm("theirs"))
	}
	b.create(algorithm("ours")) // a name alone does not make another's ARN ours
	b.unknown("nope", "theirs", "arn:aws:sagemaker:us-east-1:123456789012:algorithm/nope",
		aws.SageMakerARN(other, "algorithm", "theirs"), aws.SageMakerARN(elsewhere, "algorithm", "theirs"),
		aws.SageMakerARN(other, "algorithm", "nobodys"), aws.SageMakerARN(other, "algorithm", "ours"), aws.SageMakerARN(elsewhere, "algorithm", "ours"))
	for _, arn := range []string{"arn:aws:sagemaker:us-east-1:123456789012:training-job/x", "arn:x"} {
		_, _, err := b.TrainingSpecification(b.ctx, home, arn)
		refused(t, err, "is not the ARN of an algorithm")
	}
}

// CreateAlgorithm-2, CreateAlgorithm-5, CreateAlgorithm-7, DescribeAlgorithm-3,
// DescribeAlgorithm-8; D-24 for CreateAlgorithm-12 and DescribeAlgorithm-9:
// contradictions, unknown images and what is not built are refused, and nothing is
// made.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	b := started(t)
	inference := func(edit func(*sagemaker.InferenceSpecification)) func(*sagemaker.CreateAlgorithmInput) {
		return func(in *sagemaker.CreateAlgorithmInput) {
			in.InferenceSpecification = &sagemaker.InferenceSpecification{
				Containers: []*sagemaker.ModelPackageContainerDefinition{{Image: aws.Ptr("example/serve:1")}},
			}
			edit(in.InferenceSpecification)
		}
	}
	for want, edit := range map[string]func(*sagemaker.CreateAlgorithmInput){
		`hyperparameter "rounds" occurs more than once`: func(in *sagemaker.CreateAlgorithmInput) {
			h := in.TrainingSpecification.SupportedHyperParameters
			in.TrainingSpecification.SupportedHyperParameters = append(h, h[0])
		},
		`no image "unknown/image:1"`: func(in *sagemaker.CreateAlgorithmInput) {
			in.TrainingSpecification.TrainingImage = aws.Ptr("unknown/image:1")
		},
		`TrainingSpecification.TrainingImageDigest is sha256:00`: func(in *sagemaker.CreateAlgorithmInput) {
			in.TrainingSpecification.TrainingImageDigest = aws.Ptr("sha256:" + strings.Repeat("0", 64))
		},
		`SupportedTuningJobObjectiveMetrics names the metric "f1"`: func(in *sagemaker.CreateAlgorithmInput) {
			in.TrainingSpecification.SupportedTuningJobObjectiveMetrics = []*sagemaker.HyperParameterTuningJobObjective{{Type: "Maximize", MetricName: aws.Ptr("f1")}}
		},
		`(TrainingSpecification.AdditionalS3DataSource), and refuses`: func(in *sagemaker.CreateAlgorithmInput) {
			in.TrainingSpecification.AdditionalS3DataSource = &sagemaker.AdditionalS3DataSource{S3DataType: "S3Object", S3Uri: aws.Ptr("s3://b/k")}
		},
		`no image "unknown/serve:1"`:      inference(func(s *sagemaker.InferenceSpecification) { s.Containers[0].Image = aws.Ptr("unknown/serve:1") }),
		`ModelDataUrl "s3://b/model.zip"`: inference(func(s *sagemaker.InferenceSpecification) { s.Containers[0].ModelDataUrl = aws.Ptr("s3://b/model.zip") }),
		`ModelDataUrl "https://b/m.tar.gz"`: inference(func(s *sagemaker.InferenceSpecification) {
			s.Containers[0].ModelDataUrl = aws.Ptr("https://b/m.tar.gz")
		}),
		`has 17 environment variables`: inference(func(s *sagemaker.InferenceSpecification) {
			s.Containers[0].Environment = map[string]string{}
			for i := range 17 {
				s.Containers[0].Environment[fmt.Sprint("V", i)] = "x"
			}
		}),
		`validation profile "p" occurs more than once`: func(in *sagemaker.CreateAlgorithmInput) {
			*in = *validated(*in.AlgorithmName, "example/image:1", "p", "p")
		},
		`(ValidationProfiles[p].TransformJobDefinition), and refuses`: func(in *sagemaker.CreateAlgorithmInput) {
			*in = *validated(*in.AlgorithmName, "example/image:1", "p")
			in.ValidationSpecification.ValidationProfiles[0].TransformJobDefinition = &sagemaker.TransformJobDefinition{}
		},
		`profile "p" breaks the algorithm's own contract. The algorithm requires the hyperparameter "rounds"`: func(in *sagemaker.CreateAlgorithmInput) {
			*in = *validated(*in.AlgorithmName, "example/image:1", "p")
			in.ValidationSpecification.ValidationProfiles[0].TrainingJobDefinition.HyperParameters = nil
		},
		`Could not assume role arn:aws:iam::210987654321:role/theirs`: func(in *sagemaker.CreateAlgorithmInput) {
			*in = *validated(*in.AlgorithmName, "example/image:1", "p")
			in.ValidationSpecification.ValidationRole = aws.Ptr("arn:aws:iam::210987654321:role/theirs")
		},
		`The tag key "k" occurs more than once`: func(in *sagemaker.CreateAlgorithmInput) {
			tag := &sagemaker.Tag{Key: aws.Ptr("k"), Value: aws.Ptr("v")}
			in.Tags = []*sagemaker.Tag{tag, tag}
		},
	} {
		in := algorithm("refused")
		edit(in)
		_, err := b.CreateAlgorithm(b.ctx, in)
		refused(t, err, want)
	}
	b.unknown("refused")
	if jobs := b.trainer.all(); len(jobs) > 0 {
		t.Errorf("training jobs were made: %v", jobs)
	}
}

// DescribeAlgorithm-3: the digest that belongs to the image may be given, in any
// letter case; an image without a known digest keeps what was given.
func TestGivenDigest(t *testing.T) {
	t.Parallel()
	b := started(t)
	for name, c := range map[string]struct{ image, given, want string }{
		"same":     {"example/image:1", strings.ToUpper(digest), strings.ToUpper(digest)},
		"nameless": {"nameless/image:1", digest, digest},
		"neither":  {"nameless/image:1", "", ""},
	} {
		in := algorithm(name)
		in.TrainingSpecification.TrainingImage = &c.image
		if c.given != "" {
			in.TrainingSpecification.TrainingImageDigest = &c.given
		}
		b.create(in)
		if got := aws.Val(b.describe(name).TrainingSpecification.TrainingImageDigest); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Gen-5: lists are sorted, filtered and paged, and tokens are bound to their
// filters.
//
// covers: sagemaker.ListAlgorithms
func TestList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.serve()
		for _, name := range []string{"c-one", "a-two", "b-one"} {
			b.create(algorithm(name))
		}
		list := func(in sagemaker.ListAlgorithmsInput) (names []string) {
			t.Helper()
			for {
				out, err := b.ListAlgorithms(b.ctx, &in)
				must(t, err)
				for _, s := range out.AlgorithmSummaryList {
					names = append(names, *s.AlgorithmName)
					if s.AlgorithmStatus != "Completed" || s.CreationTime == nil || *s.AlgorithmDescription != "what it does" ||
						*s.AlgorithmArn != aws.SageMakerARN(home, "algorithm", *s.AlgorithmName) {
						t.Errorf("summary %+v", s)
					}
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return names
				}
			}
		}
		second := b.describe("a-two").CreationTime
		for name, c := range map[string]struct {
			in   sagemaker.ListAlgorithmsInput
			want []string
		}{
			"default":         {sagemaker.ListAlgorithmsInput{}, []string{"c-one", "a-two", "b-one"}},
			"pages of one":    {sagemaker.ListAlgorithmsInput{MaxResults: aws.Ptr[int32](1)}, []string{"c-one", "a-two", "b-one"}},
			"newest first":    {sagemaker.ListAlgorithmsInput{SortOrder: "Descending", MaxResults: aws.Ptr[int32](2)}, []string{"b-one", "a-two", "c-one"}},
			"by name":         {sagemaker.ListAlgorithmsInput{SortBy: "Name", MaxResults: aws.Ptr[int32](2)}, []string{"a-two", "b-one", "c-one"}},
			"by name, down":   {sagemaker.ListAlgorithmsInput{SortBy: "Name", SortOrder: "Descending"}, []string{"c-one", "b-one", "a-two"}},
			"name contains":   {sagemaker.ListAlgorithmsInput{NameContains: aws.Ptr("one")}, []string{"c-one", "b-one"}},
			"created after":   {sagemaker.ListAlgorithmsInput{CreationTimeAfter: second}, []string{"b-one"}},
			"created before":  {sagemaker.ListAlgorithmsInput{CreationTimeBefore: second}, []string{"c-one"}},
			"nothing matches": {sagemaker.ListAlgorithmsInput{NameContains: aws.Ptr("three")}, nil},
		} {
			if got := list(c.in); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		first, err := b.ListAlgorithms(b.ctx, &sagemaker.ListAlgorithmsInput{MaxResults: aws.Ptr[int32](1)})
		must(t, err)
		_, err = b.ListAlgorithms(b.ctx, &sagemaker.ListAlgorithmsInput{NextToken: first.NextToken, NameContains: aws.Ptr("one")})
		refused(t, err, "Invalid pagination token")
		b.ctx = aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		if got := list(sagemaker.ListAlgorithmsInput{}); len(got) != 0 {
			t.Errorf("another account sees %v", got)
		}
	})
}
