package model_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/service/model"
	"github.com/sagebrush/sagebrush/store"
)

// DescModel-2, -3, -5, -10 to -12, X-2: models as they are run: packages are
// resolved, containers have names, and what the model says wins over its package.
func TestForDeployment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *model.Service) {
		private := url("private", "s3://bbb/m.tar.gz")
		private.ImageConfig = &sagemaker.ImageConfig{RepositoryAccessMode: sagemaker.RepositoryAccessModeVpc,
			RepositoryAuthConfig: &sagemaker.RepositoryAuthConfig{RepositoryCredentialsProviderArn: aws.Ptr("provider")}}
		private.Environment = map[string]string{"A": "b"}
		multi := url("many", "s3://bbb/models/")
		multi.Mode, multi.MultiModelConfig = sagemaker.ContainerModeMultiModel, &sagemaker.MultiModelConfig{ModelCacheSetting: sagemaker.ModelCacheSettingDisabled}
		object, prefix, none, gzip := sagemaker.S3ModelDataTypeS3Object, sagemaker.S3ModelDataTypeS3Prefix, sagemaker.ModelCompressionTypeNone, sagemaker.ModelCompressionTypeGzip
		vpc := &sagemaker.VpcConfig{Subnets: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}
		direct := &sagemaker.InferenceExecutionConfig{Mode: sagemaker.InferenceExecutionModeDirect}
		packaged := func() *sagemaker.ContainerDefinition {
			return &sagemaker.ContainerDefinition{ModelPackageName: aws.Ptr("pipeline"), Environment: map[string]string{"B": "mine"}}
		}
		pipeline := aws.SageMakerARN(home, "model-package", "pipeline")
		archive := &modeldata.Source{URI: "s3://bbb/m.tar.gz", Gzip: true}
		for i, c := range []struct {
			in   sagemaker.CreateModelInput
			want model.Deployable
		}{
			{
				sagemaker.CreateModelInput{PrimaryContainer: private, VpcConfig: vpc, EnableNetworkIsolation: aws.Ptr(true), ExecutionRoleArn: aws.Ptr("role")},
				model.Deployable{RoleARN: "role", VpcConfig: vpc, Isolated: true, Containers: []model.Container{
					{Image: "private", PrivateRegistry: true, Provider: "provider", Environment: map[string]string{"A": "b"}, Data: archive},
				}},
			},
			{
				sagemaker.CreateModelInput{PrimaryContainer: multi},
				model.Deployable{Containers: []model.Container{{Image: "many", MultiModel: true, Uncached: true, Data: &modeldata.Source{URI: "s3://bbb/models/", Prefix: true}}}},
			},
			{
				sagemaker.CreateModelInput{InferenceExecutionConfig: direct, Containers: []*sagemaker.ContainerDefinition{
					source("s3://bbb/raw", object, none), source("s3://bbb/tree/", prefix, none), source("s3://bbb/m.tar.gz", object, gzip), {Image: aws.Ptr("bare")},
				}},
				model.Deployable{Direct: true, Containers: []model.Container{
					{Hostname: "container-1", Image: "image", Data: &modeldata.Source{URI: "s3://bbb/raw"}},
					{Hostname: "container-2", Image: "image", Data: &modeldata.Source{URI: "s3://bbb/tree/", Prefix: true}},
					{Hostname: "container-3", Image: "image", Data: archive}, {Hostname: "container-4", Image: "bare"},
				}},
			},
			{ // the two containers of a package, and one behind them
				sagemaker.CreateModelInput{Containers: []*sagemaker.ContainerDefinition{packaged(), {Image: aws.Ptr("behind")}}},
				model.Deployable{Containers: []model.Container{
					{Hostname: "container-1", Image: "first", Packaged: true, Digest: "sha256:1", Package: pipeline, Environment: map[string]string{"A": "theirs", "B": "mine"}, Data: archive},
					{Hostname: "named", Image: "second", Packaged: true, Package: pipeline, Environment: map[string]string{"B": "mine"}},
					{Hostname: "container-2", Image: "behind"},
				}},
			},
		} {
			name := fmt.Sprintf("model-%d", i)
			c.in.ModelName = &name
			_, err := s.CreateModel(ctx, &c.in)
			must(t, err)
			c.want.Name, c.want.ARN = name, aws.SageMakerARN(home, "model", name)
			must(t, s.DB.View(ctx, func(tx *store.Tx) error {
				got, err := s.ForDeployment(tx, home, name)
				if err == nil && !reflect.DeepEqual(*got, c.want) {
					t.Errorf("%s: %+v, want %+v", name, *got, c.want)
				}
				return err
			}))
		}
		for want, in := range map[string]*sagemaker.CreateModelInput{
			"an AdditionalS3DataSource":        {PrimaryContainer: &sagemaker.ContainerDefinition{ModelPackageName: aws.Ptr("additional")}},
			"has no ModelDataUrl":              {PrimaryContainer: &sagemaker.ContainerDefinition{ModelPackageName: aws.Ptr("approved"), Mode: "MultiModel"}},
			"with the hostname named":          {Containers: []*sagemaker.ContainerDefinition{packaged(), packaged()}},
			"does not accept the license of":   {PrimaryContainer: unaccepted()},
			"Could not find model \"arn:aws:s": nil,
		} {
			var err error
			if in == nil {
				err = s.DB.View(ctx, func(tx *store.Tx) error { _, err := s.ForDeployment(tx, home, "none"); return err })
			} else {
				in.ModelName = aws.Ptr("refused")
				_, err = s.CreateModel(ctx, in)
			}
			if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want a ValidationException with %q", err, want)
			}
		}
	})
}

// unaccepted is a container whose license nobody has accepted (DescModel-8).
func unaccepted() *sagemaker.ContainerDefinition {
	c := source("s3://bbb/raw", sagemaker.S3ModelDataTypeS3Object, sagemaker.ModelCompressionTypeNone)
	c.ModelDataSource.S3DataSource.ModelAccessConfig = &sagemaker.ModelAccessConfig{AcceptEula: aws.Ptr(false)}
	return c
}

// DescModel-14: the list's filters and orders; a time is the lower bound with
// itself and the upper bound without.
func TestListModels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *model.Service) {
		for _, name := range []string{"b-1", "a-2", "c-2"} {
			_, err := s.CreateModel(ctx, &sagemaker.CreateModelInput{ModelName: &name, PrimaryContainer: url("image", "s3://bbb/m.tar.gz")})
			must(t, err)
		}
		middle, err := s.DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: aws.Ptr("a-2")})
		must(t, err)
		for want, in := range map[string]sagemaker.ListModelsInput{
			"c-2 a-2 b-1 ": {},
			"a-2 b-1 c-2 ": {SortBy: sagemaker.ModelSortKeyName, SortOrder: sagemaker.OrderKeyAscending},
			"c-2 a-2 ":     {NameContains: aws.Ptr("-2")},
			"b-1 ":         {CreationTimeBefore: middle.CreationTime},
			"a-2 c-2 ":     {CreationTimeAfter: middle.CreationTime, SortOrder: sagemaker.OrderKeyAscending},
		} {
			out, err := s.ListModels(ctx, &in)
			must(t, err)
			got := ""
			for _, m := range out.Models {
				got += *m.ModelName + " "
			}
			if got != want {
				t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
	})
}
