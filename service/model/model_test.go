package model_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/model"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

type anyRole struct{}

func (anyRole) EnsureRole(*store.Tx, aws.Scope, string) error { return nil }

// packages knows a few approved packages.
type packages struct{}

func (packages) ForModel(_ *store.Tx, _ aws.Scope, name string, spec *string) ([]*sagemaker.ModelPackageContainerDefinition, error) {
	found := map[string][]*sagemaker.ModelPackageContainerDefinition{
		"approved":   {{Image: aws.Ptr("image")}},
		"additional": {{Image: aws.Ptr("image"), AdditionalS3DataSource: &sagemaker.AdditionalS3DataSource{}}},
		"pipeline": {
			{Image: aws.Ptr("first"), ImageDigest: aws.Ptr("sha256:1"), ModelDataUrl: aws.Ptr("s3://bbb/m.tar.gz"), Environment: map[string]string{"A": "theirs", "B": "theirs"}},
			{Image: aws.Ptr("second"), ContainerHostname: aws.Ptr("named")},
		},
	}[name]
	if found == nil || spec != nil {
		return nil, aws.Invalid("the package %s is not Approved", name)
	}
	return found, nil
}

// each runs f with a service on both databases, whose bucket b holds m.tar.gz,
// raw and tree/leaf.
func each(t *testing.T, f func(t *testing.T, ctx context.Context, s *model.Service)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		objects, err := dir.New(db, t.TempDir(), nil)
		must(t, err)
		t.Cleanup(func() { _ = objects.Close() })
		must(t, objects.CreateBucket(t.Context(), blob.Bucket{Name: "bbb", Account: home.Account, Region: home.Region}))
		for _, key := range []string{"m.tar.gz", "raw", "tree/leaf"} {
			_, err := objects.Put(t.Context(), "bbb", key, strings.NewReader("x"), blob.PutOptions{Size: 1})
			must(t, err)
		}
		s := model.New(model.Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Roles: anyRole{}, Packages: packages{}, Objects: objects,
		})
		f(t, aws.WithCaller(t.Context(), aws.Caller{Scope: home}), s)
	})
}

func url(image, data string) *sagemaker.ContainerDefinition {
	return &sagemaker.ContainerDefinition{Image: &image, ModelDataUrl: &data}
}

func source(uri string, kind sagemaker.S3ModelDataType, compression sagemaker.ModelCompressionType) *sagemaker.ContainerDefinition {
	return &sagemaker.ContainerDefinition{Image: aws.Ptr("image"), ModelDataSource: &sagemaker.ModelDataSource{
		S3DataSource: &sagemaker.S3ModelDataSource{S3Uri: &uri, S3DataType: kind, CompressionType: compression},
	}}
}

// DescModel-1, -2, -5, -10, -11, -13, -14, DeleteModel-1, Err-4: models of every
// form are described as they were created, listed, and deleted; another account
// sees none.
//
// covers: sagemaker.CreateModel sagemaker.DescribeModel sagemaker.ListModels sagemaker.DeleteModel
func TestModels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *model.Service) {
		multi := url("image", "s3://bbb/models/")
		multi.Mode = sagemaker.ContainerModeMultiModel
		multi.MultiModelConfig = &sagemaker.MultiModelConfig{ModelCacheSetting: sagemaker.ModelCacheSettingDisabled}
		inputs := []*sagemaker.CreateModelInput{
			{PrimaryContainer: url("image", "s3://bbb/m.tar.gz"), Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}}},
			{PrimaryContainer: source("s3://bbb/raw", sagemaker.S3ModelDataTypeS3Object, sagemaker.ModelCompressionTypeNone)},
			{PrimaryContainer: source("s3://bbb/tree/", sagemaker.S3ModelDataTypeS3Prefix, sagemaker.ModelCompressionTypeNone)},
			{PrimaryContainer: &sagemaker.ContainerDefinition{ModelPackageName: aws.Ptr("approved"), Environment: map[string]string{"A": "b"}}},
			{PrimaryContainer: multi},
			{Containers: []*sagemaker.ContainerDefinition{url("first", "s3://bbb/m.tar.gz"), {Image: aws.Ptr("second")}}},
		}
		for i, in := range inputs {
			in.ModelName, in.ExecutionRoleArn = aws.Ptr(fmt.Sprintf("model-%d", i)), aws.Ptr("arn:aws:iam::123456789012:role/r")
			_, err := s.CreateModel(ctx, in)
			must(t, err)
			out, err := s.DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: in.ModelName})
			must(t, err)
			if *out.EnableNetworkIsolation || out.DeploymentRecommendation.RecommendationStatus != sagemaker.RecommendationStatusNotApplicable {
				t.Errorf("model-%d: %+v", i, out)
			}
			if p := in.PrimaryContainer; p != nil && (aws.Val(out.PrimaryContainer.Image) != aws.Val(p.Image) || out.InferenceExecutionConfig != nil) {
				t.Errorf("model-%d: %+v", i, out.PrimaryContainer)
			}
		}
		pipeline, err := s.DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: aws.Ptr("model-5")})
		must(t, err)
		if len(pipeline.Containers) != 2 || *pipeline.Containers[1].ContainerHostname != "container-2" ||
			pipeline.InferenceExecutionConfig.Mode != sagemaker.InferenceExecutionModeSerial {
			t.Errorf("pipeline: %+v", pipeline)
		}
		list, err := s.ListModels(ctx, &sagemaker.ListModelsInput{MaxResults: aws.Ptr[int32](2)})
		must(t, err)
		if len(list.Models) != 2 || *list.Models[0].ModelName != "model-5" || list.NextToken == nil {
			t.Errorf("the youngest first: %+v", list)
		}
		stranger := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		if _, err := s.DescribeModel(stranger, &sagemaker.DescribeModelInput{ModelName: aws.Ptr("model-0")}); aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("a stranger: %v", err)
		}
		_, err = s.DeleteModel(ctx, &sagemaker.DeleteModelInput{ModelName: aws.Ptr("model-0")})
		must(t, err)
		_, err = s.DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: aws.Ptr("model-0")})
		if err == nil || !strings.Contains(err.Error(), "Could not find model") {
			t.Errorf("deleted: %v", err)
		}
	})
}

// DescModel-1 to -5, -10, -11, Common-9, CreateModelPackage-5, Err-4: what
// CreateModel refuses, and with which words.
func TestCreateModelRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *model.Service) {
		good := url("image", "s3://bbb/m.tar.gz")
		change := func(f func(c *sagemaker.ContainerDefinition)) *sagemaker.CreateModelInput {
			c := *good
			f(&c)
			return &sagemaker.CreateModelInput{PrimaryContainer: &c}
		}
		named := func(names ...string) *sagemaker.CreateModelInput {
			in := &sagemaker.CreateModelInput{}
			for _, n := range names {
				c := *good
				if n != "" {
					c.ContainerHostname = &n
				}
				in.Containers = append(in.Containers, &c)
			}
			return in
		}
		only := func(c *sagemaker.ContainerDefinition) *sagemaker.CreateModelInput {
			return &sagemaker.CreateModelInput{PrimaryContainer: c}
		}
		gzip, none := sagemaker.ModelCompressionTypeGzip, sagemaker.ModelCompressionTypeNone
		object, prefix := sagemaker.S3ModelDataTypeS3Object, sagemaker.S3ModelDataTypeS3Prefix
		auth := &sagemaker.RepositoryAuthConfig{RepositoryCredentialsProviderArn: aws.Ptr("arn:aws:lambda:us-east-1:123456789012:function:f")}
		for want, in := range map[string]*sagemaker.CreateModelInput{
			"not both":                    {PrimaryContainer: good, Containers: []*sagemaker.ContainerDefinition{good}},
			"needs a PrimaryContainer":    {},
			"leave it out with a Primary": {PrimaryContainer: good, InferenceExecutionConfig: &sagemaker.InferenceExecutionConfig{Mode: "Direct"}},
			"needs an Image or":           change(func(c *sagemaker.ContainerDefinition) { c.Image = nil }),
			"brings the image":            change(func(c *sagemaker.ContainerDefinition) { c.ModelPackageName = aws.Ptr("approved") }),
			"chooses in a model package":  change(func(c *sagemaker.ContainerDefinition) { c.InferenceSpecificationName = aws.Ptr("i") }),
			"is not Approved":             only(&sagemaker.ContainerDefinition{ModelPackageName: aws.Ptr("pending")}),
			"set RepositoryAccessMode": change(func(c *sagemaker.ContainerDefinition) {
				c.ImageConfig = &sagemaker.ImageConfig{RepositoryAccessMode: "Platform", RepositoryAuthConfig: auth}
			}),
			"give VpcConfig": change(func(c *sagemaker.ContainerDefinition) {
				c.ImageConfig = &sagemaker.ImageConfig{RepositoryAccessMode: "Vpc"}
			}),
			"or ModelDataSource, not": change(func(c *sagemaker.ContainerDefinition) {
				c.ModelDataSource = source("s3://bbb/raw", object, none).ModelDataSource
			}),
			"suffix .tar.gz":             only(url("image", "s3://bbb/raw")),
			"Could not find model data":  only(url("image", "s3://bbb/no.tar.gz")),
			"data at s3://other":         only(url("image", "s3://other/no.tar.gz")),
			"not of the form s3":         only(url("image", "https://bbb/m.tar.gz")),
			"data at s3://bbb/none/":     only(source("s3://bbb/none/", prefix, none)),
			"takes CompressionType None": only(source("s3://bbb/tree/", prefix, gzip)),
			"must end with a slash":      only(source("s3://bbb/tree", prefix, none)),
			"does not end with a slash":  only(source("s3://bbb/tree/", object, none)),
			"not available to multi-model": change(func(c *sagemaker.ContainerDefinition) {
				*c = *source("s3://bbb/tree/", prefix, none)
				c.Mode = "MultiModel"
			}),
			"whose Mode is MultiModel.":      change(func(c *sagemaker.ContainerDefinition) { c.MultiModelConfig = &sagemaker.MultiModelConfig{} }),
			"the prefix under which":         change(func(c *sagemaker.ContainerDefinition) { c.Mode, c.ModelDataUrl = "MultiModel", nil }),
			"occurs more than once among":    named("a", "a"),
			"Name all of them, or none":      named("a", ""),
			"The tag key \"k\" occurs more":  {PrimaryContainer: good, Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("")}, {Key: aws.Ptr("k"), Value: aws.Ptr("")}}},
			"Cannot create already existing": nil,
		} {
			if in == nil {
				_, err := s.CreateModel(ctx, &sagemaker.CreateModelInput{ModelName: aws.Ptr("Taken"), PrimaryContainer: good})
				must(t, err)
				in = &sagemaker.CreateModelInput{ModelName: aws.Ptr("taken"), PrimaryContainer: good}
			} else {
				in.ModelName = aws.Ptr("refused")
			}
			if _, err := s.CreateModel(ctx, in); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want a ValidationException with %q", err, want)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
