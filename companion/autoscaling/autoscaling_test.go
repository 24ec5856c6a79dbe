package autoscaling

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// fleet is a world of one endpoint e with a variant v, of metrics and of alarms. Its
// clock stands still until it is moved.
type fleet struct {
	mu  sync.Mutex
	now time.Time
	// live has the clock go.
	live    bool
	variant Variant
	// pending is the count that an update under way leads to, 0 for none.
	pending int
	// asked are the counts that the endpoint was asked for.
	asked []int
	// no is why it refuses.
	no error
	// per is what each period brings all instances together; nil says nothing.
	per    func(at time.Time) float64
	firing []Firing
	alarms map[string]Alarm
}

func (f *fleet) Variant(_ context.Context, _ aws.Scope, endpoint, variant string) (Variant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if endpoint != "e" || variant != "v" {
		return Variant{Gone: true}, nil
	}
	v := f.variant
	if f.pending != 0 {
		v.Instances, v.Steady = f.pending, false
	}
	return v, nil
}

func (f *fleet) SetInstances(_ context.Context, _ aws.Scope, _, _ string, count int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.no != nil {
		return f.no
	}
	f.asked = append(f.asked, count)
	f.pending = count
	return nil
}

// settle ends the update under way.
func (f *fleet) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending != 0 {
		f.variant.Instances, f.pending = f.pending, 0
	}
}

func (f *fleet) Values(_ context.Context, _ aws.Scope, _ []*api.TargetTrackingMetricDataQuery, period time.Duration, end time.Time, n int) ([]float64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.per == nil {
		return nil, errors.New("the expression is none")
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = f.per(end.Add(-time.Duration(n-i) * period))
	}
	return values, nil
}

func (f *fleet) Firing(context.Context, aws.Scope, string) ([]Firing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.firing, nil
}

func (f *fleet) Put(_ context.Context, _ aws.Scope, a Alarm) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alarms[a.Name] = a
	return "arn:alarm:" + a.Name, nil
}

func (f *fleet) Delete(_ context.Context, _ aws.Scope, names []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range names {
		delete(f.alarms, n)
	}
	return nil
}

func (f *fleet) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.live {
		return time.Now()
	}
	return f.now
}

// bundle is a service over a database, whose targets the test itself looks at.
type bundle struct {
	*Service
	*fleet
	t   *testing.T
	ctx context.Context
}

// each runs fn with a service on both databases.
func each(t *testing.T, fn func(b *bundle)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		f := &fleet{now: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), variant: Variant{Found: true, Steady: true, Instances: 1},
			per: func(time.Time) float64 { return 0 }, alarms: map[string]Alarm{}}
		db, err := store.Open(t.Context(), url, store.Options{Now: f.clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		b := &bundle{fleet: f, t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home})}
		b.Service = New(Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Tasks: task.New(db, task.Options{NodeID: "n"}),
			Variants: f, Metrics: f, Alarms: f, Logger: slog.New(slog.DiscardHandler), Now: f.clock,
		})
		fn(b)
	})
}

func (b *bundle) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

const id = "endpoint/e/variant/v"

var key = resource{ID: id, Dimension: instances}.key()

func (b *bundle) register(low, high int32) string {
	b.t.Helper()
	out, err := b.RegisterScalableTarget(b.ctx, &api.RegisterScalableTargetInput{
		ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances, MinCapacity: &low, MaxCapacity: &high,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return *out.ScalableTargetARN
}

// tracking is a policy of invocations; its cooldowns are in seconds.
func tracking(name string, value float64, out, in int32) *api.PutScalingPolicyInput {
	return &api.PutScalingPolicyInput{
		PolicyName: &name, ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances, PolicyType: api.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &api.TargetTrackingScalingPolicyConfiguration{
			TargetValue: &value, ScaleOutCooldown: &out, ScaleInCooldown: &in,
			PredefinedMetricSpecification: &api.PredefinedMetricSpecification{PredefinedMetricType: api.MetricTypeSageMakerVariantInvocationsPerInstance},
		},
	}
}

func (b *bundle) put(in *api.PutScalingPolicyInput) *api.PutScalingPolicyOutput {
	b.t.Helper()
	out, err := b.PutScalingPolicy(b.ctx, in)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// look has the target looked at, until nothing is to do at once; updates end at once.
func (b *bundle) look() {
	b.t.Helper()
	for range 10 {
		before := len(b.asked)
		pause, err := b.round(b.ctx, home, key)
		if err != nil {
			b.t.Fatal(err)
		}
		if b.settle(); pause > 0 && before == len(b.asked) && b.target().Change == nil {
			return
		}
	}
	b.t.Fatal("a change does not end")
}

func (b *bundle) target() (found target) {
	b.t.Helper()
	if err := b.DB.View(b.ctx, func(tx *store.Tx) error {
		row, err := targets.Get(tx, home, key)
		if err == nil {
			found = row.Body
		}
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bundle) activities() []*api.ScalingActivity {
	b.t.Helper()
	out, err := b.DescribeScalingActivities(b.ctx, &api.DescribeScalingActivitiesInput{ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id)})
	if err != nil {
		b.t.Fatal(err)
	}
	return out.ScalingActivities
}

// refused checks that an error has a code and words in it.
func refused(t *testing.T, what string, err error, code aws.Code, words string) {
	t.Helper()
	if aws.CodeOf(err) != code || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v, want %s with %q", what, err, code, words)
	}
}

// covers: autoscaling.RegisterScalableTarget autoscaling.DescribeScalableTargets autoscaling.DeregisterScalableTarget
// covers: autoscaling.TagResource autoscaling.UntagResource autoscaling.ListTagsForResource
func TestTargets(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		register := func(change func(in *api.RegisterScalableTargetInput)) error {
			in := &api.RegisterScalableTargetInput{ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances, MinCapacity: aws.Ptr[int32](1), MaxCapacity: aws.Ptr[int32](4)}
			change(in)
			_, err := b.RegisterScalableTarget(b.ctx, in)
			return err
		}
		for words, change := range map[string]func(in *api.RegisterScalableTargetInput){
			"sagemaker only": func(in *api.RegisterScalableTargetInput) { in.ServiceNamespace = "ecs" },
			"not supported yet": func(in *api.RegisterScalableTargetInput) {
				in.ScalableDimension = "sagemaker:inference-component:DesiredCopyCount"
			},
			"not one of sagemaker":       func(in *api.RegisterScalableTargetInput) { in.ScalableDimension = "ecs:service:DesiredCount" },
			"endpoint/NAME/variant/NAME": func(in *api.RegisterScalableTargetInput) { in.ResourceId = aws.Ptr("endpoint/e") },
			"No scalable resource":       func(in *api.RegisterScalableTargetInput) { in.ResourceId = aws.Ptr("endpoint/e/variant/w") },
			"give both":                  func(in *api.RegisterScalableTargetInput) { in.MaxCapacity = nil },
			"less than minimum":          func(in *api.RegisterScalableTargetInput) { in.MinCapacity = aws.Ptr[int32](5) },
			"cannot be less than 1":      func(in *api.RegisterScalableTargetInput) { in.MinCapacity = aws.Ptr[int32](0) },
			"a prefix that is reserved":  func(in *api.RegisterScalableTargetInput) { in.Tags = map[string]string{"aws:x": "y"} },
		} {
			refused(t, words, register(change), aws.ValidationException, words)
		}
		arn := b.register(1, 4)
		if err := register(func(in *api.RegisterScalableTargetInput) {
			in.MinCapacity, in.MaxCapacity, in.SuspendedState = nil, aws.Ptr[int32](6), &api.SuspendedState{DynamicScalingInSuspended: aws.Ptr(true)}
			in.Tags = map[string]string{"a": "1"}
		}); err != nil {
			t.Fatal(err)
		}
		describe := func(ctx context.Context) []*api.ScalableTarget {
			out, err := b.DescribeScalableTargets(ctx, &api.DescribeScalableTargetsInput{ServiceNamespace: "sagemaker", ResourceIds: []string{id}, ScalableDimension: instances})
			if err != nil {
				t.Fatal(err)
			}
			return out.ScalableTargets
		}
		list := describe(b.ctx)
		if len(list) != 1 || *list[0].MinCapacity != 1 || *list[0].MaxCapacity != 6 || *list[0].ScalableTargetARN != arn ||
			!*list[0].SuspendedState.DynamicScalingInSuspended || *list[0].SuspendedState.ScheduledScalingSuspended || !strings.Contains(*list[0].RoleARN, "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint") {
			t.Errorf("described as %+v", list)
		}
		for _, other := range []aws.Scope{{Account: "210987654321", Region: home.Region}, {Account: home.Account, Region: "eu-west-1"}} {
			if list := describe(aws.WithCaller(b.ctx, aws.Caller{Scope: other})); len(list) != 0 {
				t.Errorf("%v sees %v", other, list)
			}
		}
		if _, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: map[string]string{"b": "2", "c": "3"}}); err != nil {
			t.Error(err)
		}
		if _, err := b.UntagResource(b.ctx, &api.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"c", "z"}}); err != nil {
			t.Error(err)
		}
		tags, err := b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: &arn})
		if err != nil || !maps.Equal(tags.Tags, map[string]string{"a": "1", "b": "2"}) {
			t.Errorf("tags: %v, %v", tags, err)
		}
		many := map[string]string{}
		for i := range kit.MaxTags {
			many[strings.Repeat("k", i+1)] = ""
		}
		_, err = b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: many})
		refused(t, "many tags", err, aws.TooManyTagsException, "50")
		_, err = b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: aws.Ptr(arn + "x")})
		refused(t, "no such ARN", err, aws.ResourceNotFoundException, arn)
		gone := &api.DeregisterScalableTargetInput{ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances}
		if _, err := b.DeregisterScalableTarget(b.ctx, gone); err != nil || len(describe(b.ctx)) != 0 {
			t.Errorf("deregister: %v", err)
		}
		_, err = b.DeregisterScalableTarget(b.ctx, gone)
		refused(t, "twice", err, aws.ObjectNotFoundException, "No scalable target found")
		_, err = b.round(b.ctx, home, key)
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("its task ends by %v", err)
		}
	})
}

// covers: autoscaling.PutScalingPolicy autoscaling.DescribeScalingPolicies autoscaling.DeleteScalingPolicy
func TestPolicies(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		_, err := b.PutScalingPolicy(b.ctx, tracking("p", 10, 0, 0))
		refused(t, "unregistered", err, aws.ObjectNotFoundException, "No scalable target registered")
		b.register(1, 4)
		made := b.put(tracking("p", 10, 0, 0))
		if len(made.Alarms) != 2 || !strings.HasPrefix(*made.PolicyARN, "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:") || !strings.HasSuffix(*made.PolicyARN, ":resource/sagemaker/endpoint/e/variant/v:policyName/p") {
			t.Errorf("made %+v", made)
		}
		high := b.alarms[*made.Alarms[0].AlarmName]
		if high.Low || high.Threshold != 10 || high.Periods != 3 || high.Action != *made.PolicyARN || !strings.HasPrefix(high.Name, "TargetTracking-endpoint/e/variant/v-AlarmHigh-") {
			t.Errorf("the alarm of scaling out is %+v", high)
		}
		again := tracking("p", 20, 0, 0)
		again.TargetTrackingScalingPolicyConfiguration.DisableScaleIn = aws.Ptr(true)
		if anew := b.put(again); *anew.PolicyARN != *made.PolicyARN || len(anew.Alarms) != 1 || len(b.alarms) != 1 || b.alarms[*anew.Alarms[0].AlarmName].Threshold != 20 {
			t.Errorf("replaced: %+v and %v", anew, b.alarms)
		}
		custom := func(c api.CustomizedMetricSpecification) func(in *api.PutScalingPolicyInput) {
			return func(in *api.PutScalingPolicyInput) {
				in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification = nil
				in.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification = &c
			}
		}
		expression := func(id string, data bool) *api.TargetTrackingMetricDataQuery {
			return &api.TargetTrackingMetricDataQuery{Id: &id, Expression: aws.Ptr("1 + 1"), ReturnData: &data}
		}
		for words, change := range map[string]func(in *api.PutScalingPolicyInput){
			"the policy p has the same": func(*api.PutScalingPolicyInput) {},
			"above 0": func(in *api.PutScalingPolicyInput) {
				in.TargetTrackingScalingPolicyConfiguration.TargetValue = aws.Ptr(0.0)
			},
			"no StepScalingPolicyConfiguration": func(in *api.PutScalingPolicyInput) { in.TargetTrackingScalingPolicyConfiguration = nil },
			"unless PolicyType says otherwise":  func(in *api.PutScalingPolicyInput) { in.PolicyType = "" },
			"cannot be": func(in *api.PutScalingPolicyInput) {
				in.TargetTrackingScalingPolicyConfiguration.ScaleInCooldown = aws.Ptr[int32](-1)
			},
			"not one of the dimension": func(in *api.PutScalingPolicyInput) {
				in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType = api.MetricTypeSageMakerInferenceComponentInvocationsPerCopy
			},
			"takes no ResourceLabel": func(in *api.PutScalingPolicyInput) {
				in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.ResourceLabel = aws.Ptr("x")
			},
			"has MetricName, Namespace": custom(api.CustomizedMetricSpecification{MetricName: aws.Ptr("m")}),
			"either an Expression":      custom(api.CustomizedMetricSpecification{Metrics: []*api.TargetTrackingMetricDataQuery{{Id: aws.Ptr("m")}}}),
			"not 2":                     custom(api.CustomizedMetricSpecification{Metrics: []*api.TargetTrackingMetricDataQuery{expression("a", true), expression("b", true)}}),
			"has no MetricName":         custom(api.CustomizedMetricSpecification{MetricName: aws.Ptr("m"), Metrics: []*api.TargetTrackingMetricDataQuery{expression("a", true)}}),
		} {
			in := tracking("q", 10, 0, 0)
			change(in)
			_, err := b.PutScalingPolicy(b.ctx, in)
			refused(t, words, err, aws.ValidationException, words)
		}
		for name := range 11 {
			in := tracking("q"+strings.Repeat("q", name), 10, 0, 0)
			custom(api.CustomizedMetricSpecification{MetricName: in.PolicyName, Namespace: aws.Ptr("n"), Statistic: "Average"})(in)
			b.put(in)
			b.move(time.Second)
		}
		var names []string
		in := &api.DescribeScalingPoliciesInput{ServiceNamespace: "sagemaker", MaxResults: aws.Ptr[int32](5)}
		for pages := 0; pages == 0 || in.NextToken != nil; pages++ {
			in.MaxResults = aws.Ptr[int32](5)
			out, err := b.DescribeScalingPolicies(b.ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range out.ScalingPolicies {
				names = append(names, *p.PolicyName)
			}
			in.NextToken = out.NextToken
		}
		if len(names) != 12 || names[0] != "p" || len(slices.Compact(names)) != 12 {
			t.Errorf("pages of %q", names)
		}
		_, err = b.DescribeScalingPolicies(b.ctx, &api.DescribeScalingPoliciesInput{ServiceNamespace: "sagemaker", NextToken: aws.Ptr("garbage")})
		refused(t, "a token", err, aws.InvalidNextTokenException, "NextToken")
		_, err = b.DescribeScalingPolicies(b.ctx, &api.DescribeScalingPoliciesInput{ServiceNamespace: "sagemaker", ScalableDimension: instances})
		refused(t, "a dimension", err, aws.ValidationException, "resource ID")
		_, err = b.DescribeScalingPolicies(b.ctx, &api.DescribeScalingPoliciesInput{ServiceNamespace: "sagemaker", MaxResults: aws.Ptr[int32](51)})
		refused(t, "a large page", err, aws.ValidationException, "from 1 to 50")
		drop := &api.DeleteScalingPolicyInput{PolicyName: aws.Ptr("p"), ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances}
		if _, err := b.DeleteScalingPolicy(b.ctx, drop); err != nil || len(b.alarms) != 22 {
			t.Errorf("delete: %v, alarms %d", err, len(b.alarms))
		}
		_, err = b.DeleteScalingPolicy(b.ctx, drop)
		refused(t, "twice", err, aws.ObjectNotFoundException, "No scaling policy found")
		b.variant.Gone = true
		if _, err := b.round(b.ctx, home, key); !errors.Is(err, store.ErrNotFound) || len(b.alarms) != 0 {
			t.Errorf("the endpoint is deleted: %v, alarms %v", err, b.alarms)
		}
	})
}
