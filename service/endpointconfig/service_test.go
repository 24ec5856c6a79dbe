package endpointconfig_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/endpointconfig"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

const role = "arn:aws:iam::123456789012:role/r"

// models knows a model of each kind, by name.
type models map[string]endpointconfig.ModelTraits

func (m models) ModelTraits(_ *store.Tx, scope aws.Scope, name string) (endpointconfig.ModelTraits, error) {
	t, ok := m[name]
	if !ok {
		return t, aws.Invalid("Could not find model %q.", aws.SageMakerARN(scope, "model", name))
	}
	return t, nil
}

// roles knows one role.
type roles struct{}

func (roles) EnsureRole(_ *store.Tx, _ aws.Scope, arn string) error {
	if arn != role {
		return aws.Invalid("Could not assume role %s.", arn)
	}
	return nil
}

// each runs f with a service on both databases.
func each(t *testing.T, f func(t *testing.T, ctx context.Context, s *endpointconfig.Service)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := endpointconfig.New(endpointconfig.Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Roles: roles{},
			Models: models{
				"one": {Containers: 1}, "two": {Containers: 2}, "many": {Containers: 1, MultiModel: true},
				"isolated": {Containers: 1, Isolated: true}, "vpc": {Containers: 1, VPC: true}, "private": {Containers: 1, PrivateRegistry: true},
			},
			CheckExplainer: func(e *sagemaker.ClarifyExplainerConfig) error {
				if aws.Val(e.EnableExplanations) == "[" {
					return aws.Invalid("EnableExplanations is no JMESPath expression.")
				}
				return nil
			},
		})
		f(t, aws.WithCaller(t.Context(), aws.Caller{Scope: home}), s)
	})
}

// variant is one that runs a model on one instance.
func variant(name, model string) *sagemaker.ProductionVariant {
	return &sagemaker.ProductionVariant{VariantName: &name, ModelName: &model, InstanceType: "ml.m5.large", InitialInstanceCount: aws.Ptr[int32](1)}
}

// serverless is one without instances.
func serverless(name, model string) *sagemaker.ProductionVariant {
	return &sagemaker.ProductionVariant{VariantName: &name, ModelName: &model, ServerlessConfig: &sagemaker.ProductionVariantServerlessConfig{
		MemorySizeInMB: aws.Ptr[int32](2048), MaxConcurrency: aws.Ptr[int32](5),
	}}
}

func variants(v ...*sagemaker.ProductionVariant) []*sagemaker.ProductionVariant { return v }

func explainer() *sagemaker.ExplainerConfig {
	return &sagemaker.ExplainerConfig{ClarifyExplainerConfig: &sagemaker.ClarifyExplainerConfig{
		InferenceConfig: &sagemaker.ClarifyInferenceConfig{},
		ShapConfig: &sagemaker.ClarifyShapConfig{
			ShapBaselineConfig: &sagemaker.ClarifyShapBaselineConfig{ShapBaseline: aws.Ptr("1,2")},
		},
	}}
}

func capture() *sagemaker.DataCaptureConfig {
	return &sagemaker.DataCaptureConfig{
		InitialSamplingPercentage: aws.Ptr[int32](1), DestinationS3Uri: aws.Ptr("s3://bucket/captured"),
		CaptureOptions: []*sagemaker.CaptureOption{{CaptureMode: sagemaker.CaptureModeInputAndOutput}},
	}
}

func async() *sagemaker.AsyncInferenceConfig {
	return &sagemaker.AsyncInferenceConfig{OutputConfig: &sagemaker.AsyncInferenceOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/out")}}
}

// CreateEndpointConfig-1 to -3, -5, -8, -10, -13, -16, -20, DescribeEndpointConfig-1,
// -4, DeleteEndpointConfig-1, X-2, X-5, Err-4: configurations of every form are
// described as they were created, with their defaults, listed, and deleted;
// another account sees none.
//
// covers: sagemaker.CreateEndpointConfig sagemaker.DescribeEndpointConfig sagemaker.ListEndpointConfigs sagemaker.DeleteEndpointConfig
func TestEndpointConfigs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *endpointconfig.Service) {
		scaled := variant("v", "one")
		scaled.ManagedInstanceScaling = &sagemaker.ProductionVariantManagedInstanceScaling{MaxInstanceCount: aws.Ptr[int32](3)}
		scaled.RoutingConfig = &sagemaker.ProductionVariantRoutingConfig{RoutingStrategy: sagemaker.RoutingStrategyLeastOutstandingRequests}
		component := variant("v", "")
		component.ModelName = nil
		weighted := variant("w", "two")
		weighted.InitialVariantWeight = aws.Ptr[float32](0)
		inputs := []*sagemaker.CreateEndpointConfigInput{
			{ProductionVariants: variants(variant("v", "one"), weighted), Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}}, KmsKeyId: aws.Ptr("key")},
			{ProductionVariants: variants(serverless("v", "one")), ExplainerConfig: explainer()},
			{ProductionVariants: variants(variant("v", "one")), ShadowProductionVariants: variants(variant("s", "one")), DataCaptureConfig: capture()},
			{ProductionVariants: variants(scaled), AsyncInferenceConfig: async()},
			{ProductionVariants: variants(component), ExecutionRoleArn: aws.Ptr(role), EnableNetworkIsolation: aws.Ptr(true), VpcConfig: &sagemaker.VpcConfig{}},
			{ProductionVariants: variants(variant("v", "many")), DataCaptureConfig: capture()},
		}
		for i, in := range inputs {
			in.EndpointConfigName = aws.Ptr(fmt.Sprintf("Config-%d", i))
			out, err := s.CreateEndpointConfig(ctx, in)
			must(t, err)
			if want := fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/config-%d", i); *out.EndpointConfigArn != want {
				t.Errorf("%s, want %s", *out.EndpointConfigArn, want)
			}
		}
		describe := func(i int) *sagemaker.DescribeEndpointConfigOutput {
			out, err := s.DescribeEndpointConfig(ctx, &sagemaker.DescribeEndpointConfigInput{EndpointConfigName: aws.Ptr(fmt.Sprintf("Config-%d", i))})
			must(t, err)
			return out
		}
		first := describe(0)
		if v := first.ProductionVariants; len(v) != 2 || *v[0].InitialVariantWeight != 1 || *v[1].InitialVariantWeight != 0 ||
			*first.KmsKeyId != "key" || *first.EnableNetworkIsolation || *first.EndpointConfigName != "Config-0" {
			t.Errorf("weights: %+v", first)
		}
		if e := describe(1).ExplainerConfig.ClarifyExplainerConfig; *e.InferenceConfig.MaxPayloadInMB != 6 ||
			*e.ShapConfig.UseLogit || *e.ShapConfig.ShapBaselineConfig.MimeType != "text/csv" {
			t.Errorf("explainer: %+v", e)
		}
		if d := describe(2); !*d.DataCaptureConfig.EnableCapture || *d.ShadowProductionVariants[0].InitialVariantWeight != 1 {
			t.Errorf("shadow: %+v", d)
		}
		if d := describe(3); d.ProductionVariants[0].ManagedInstanceScaling.Status != sagemaker.ManagedInstanceScalingStatusEnabled || d.AsyncInferenceConfig == nil {
			t.Errorf("scaling: %+v", d)
		}
		if d := describe(4); d.ProductionVariants[0].ModelName != nil || *d.ExecutionRoleArn != role || !*d.EnableNetworkIsolation || d.VpcConfig == nil {
			t.Errorf("inference components: %+v", d)
		}
		same := *inputs[0]
		same.EndpointConfigName = aws.Ptr("config-0")
		says(t, `Cannot create already existing endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/config-0".`, func() error {
			_, err := s.CreateEndpointConfig(ctx, &same)
			return err
		})
		stranger := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		says(t, `Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:210987654321:endpoint-config/config-0".`, func() error {
			_, err := s.DescribeEndpointConfig(stranger, &sagemaker.DescribeEndpointConfigInput{EndpointConfigName: aws.Ptr("Config-0")})
			return err
		})
		remove := func() error {
			_, err := s.DeleteEndpointConfig(ctx, &sagemaker.DeleteEndpointConfigInput{EndpointConfigName: aws.Ptr("Config-0")})
			return err
		}
		must(t, remove())
		says(t, `Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/config-0".`, remove)
		must(t, s.DB.View(ctx, func(tx *store.Tx) error {
			c, err := s.Configuration(tx, home, "Config-2")
			if err == nil && (*c.ProductionVariants[0].InitialVariantWeight != 1 || *c.EndpointConfigName != "Config-2") {
				t.Errorf("for deployment: %+v", c)
			}
			return err
		}))
		says(t, `Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/none".`, func() error {
			return s.DB.View(ctx, func(tx *store.Tx) error { _, err := s.Configuration(tx, home, "none"); return err })
		})
	})
}

// The list has the youngest first, and its filters and orders; a time is the lower
// bound with itself and the upper bound without.
func TestListEndpointConfigs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *endpointconfig.Service) {
		for _, name := range []string{"b-1", "a-2", "c-2"} {
			_, err := s.CreateEndpointConfig(ctx, &sagemaker.CreateEndpointConfigInput{EndpointConfigName: &name, ProductionVariants: variants(variant("v", "one"))})
			must(t, err)
		}
		var at time.Time
		list := func(in sagemaker.ListEndpointConfigsInput) (names string) {
			for {
				out, err := s.ListEndpointConfigs(ctx, &in)
				must(t, err)
				for _, c := range out.EndpointConfigs {
					names += *c.EndpointConfigName + " "
					if *c.EndpointConfigName == "a-2" {
						at = *c.CreationTime
					}
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return names
				}
			}
		}
		if got := list(sagemaker.ListEndpointConfigsInput{MaxResults: aws.Ptr[int32](1)}); got != "c-2 a-2 b-1 " {
			t.Errorf("by default: %s", got)
		}
		for want, in := range map[string]sagemaker.ListEndpointConfigsInput{
			"a-2 b-1 c-2 ": {SortBy: sagemaker.EndpointConfigSortKeyName, SortOrder: sagemaker.OrderKeyAscending},
			"c-2 a-2 ":     {NameContains: aws.Ptr("-2")},
			"b-1 a-2 c-2 ": {SortBy: sagemaker.EndpointConfigSortKeyCreationTime, SortOrder: sagemaker.OrderKeyAscending},
			"b-1 ":         {CreationTimeBefore: &at},
			"a-2 c-2 ":     {CreationTimeAfter: &at, SortOrder: sagemaker.OrderKeyAscending},
		} {
			if got := list(in); got != want {
				t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
	})
}

// says sees that an operation refuses with just that sentence.
func says(t *testing.T, want string, call func() error) {
	t.Helper()
	if err := call(); err == nil || err.Error() != "ValidationException: "+want {
		t.Errorf("%v, want %s", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
