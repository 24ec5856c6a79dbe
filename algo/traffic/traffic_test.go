package traffic_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

func percent(n int32) *sagemaker.CapacitySize {
	return &sagemaker.CapacitySize{Type: sagemaker.CapacitySizeTypeCapacityPercent, Value: &n}
}

func count(n int32) *sagemaker.CapacitySize {
	return &sagemaker.CapacitySize{Type: sagemaker.CapacitySizeTypeInstanceCount, Value: &n}
}

// blueGreen is a policy that waits 10 s between steps and 30 s before the old fleet ends.
func blueGreen(t sagemaker.TrafficRoutingConfigType, canary, linear *sagemaker.CapacitySize) *sagemaker.DeploymentConfig {
	return &sagemaker.DeploymentConfig{BlueGreenUpdatePolicy: &sagemaker.BlueGreenUpdatePolicy{
		TrafficRoutingConfiguration: &sagemaker.TrafficRoutingConfig{
			Type: t, WaitIntervalInSeconds: aws.Ptr(int32(10)), CanarySize: canary, LinearStepSize: linear,
		},
		TerminationWaitInSeconds: aws.Ptr(int32(30)),
	}}
}

func rolling(batch, back *sagemaker.CapacitySize) *sagemaker.DeploymentConfig {
	return &sagemaker.DeploymentConfig{RollingUpdatePolicy: &sagemaker.RollingUpdatePolicy{
		MaximumBatchSize: batch, WaitIntervalInSeconds: aws.Ptr(int32(10)), RollbackMaximumBatchSize: back,
	}}
}

func watched(c *sagemaker.DeploymentConfig) *sagemaker.DeploymentConfig {
	c.AutoRollbackConfiguration = &sagemaker.AutoRollbackConfig{Alarms: []*sagemaker.Alarm{{AlarmName: aws.Ptr("errors")}}}
	return c
}

func timed(c *sagemaker.DeploymentConfig, limit int32) *sagemaker.DeploymentConfig {
	if c.BlueGreenUpdatePolicy != nil {
		c.BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = &limit
	} else {
		c.RollingUpdatePolicy.MaximumExecutionTimeoutInSeconds = &limit
	}
	return c
}

// TestPlans: the steps of each policy (Deploy-1, Deploy-2).
func TestPlans(t *testing.T) {
	t.Parallel()
	const all, canary, linear = sagemaker.TrafficRoutingConfigTypeAllAtOnce, sagemaker.TrafficRoutingConfigTypeCanary, sagemaker.TrafficRoutingConfigTypeLinear
	for name, c := range map[string]struct {
		config      *sagemaker.DeploymentConfig
		old, new    []int
		want, backs string
	}{
		"none":               {nil, []int{2}, []int{3}, "[2]→[3] 100%", "[]"},
		"empty":              {&sagemaker.DeploymentConfig{}, []int{2}, []int{3}, "[2]→[3] 100%", "[]"},
		"all at once":        {blueGreen(all, nil, nil), []int{2, 1}, []int{3}, "[2 1]→[3] 100%", "[]"},
		"canary":             {blueGreen(canary, percent(10), nil), []int{2}, []int{2}, "[2]→[2] 10%, [2]→[2] 100%", "[]"},
		"canary of 1":        {blueGreen(canary, count(1), nil), []int{4}, []int{4, 2}, "[4]→[4 2] 33%, [4]→[4 2] 100%", "[]"},
		"linear":             {blueGreen(linear, nil, percent(30)), []int{1}, []int{1}, "[1]→[1] 30%, [1]→[1] 60%, [1]→[1] 90%, [1]→[1] 100%", "[]"},
		"linear of 2":        {blueGreen(linear, nil, count(2)), []int{4}, []int{4}, "[4]→[4] 50%, [4]→[4] 100%", "[]"},
		"linear that fits":   {blueGreen(linear, nil, percent(10)), []int{1}, []int{1}, "[1]→[1] 10%, [1]→[1] 20%, [1]→[1] 30%, [1]→[1] 40%, [1]→[1] 50%, [1]→[1] 60%, [1]→[1] 70%, [1]→[1] 80%, [1]→[1] 90%, [1]→[1] 100%", "[]"},
		"rolling":            {rolling(percent(50), nil), []int{3}, []int{3}, "[1]→[2] 67%, [0]→[3] 100%", "[3]"},
		"rolling of 1":       {rolling(percent(5), percent(100)), []int{1}, []int{1}, "[0]→[1] 100%", "[1]"},
		"rolling by batches": {rolling(count(1), count(2)), []int{4}, []int{3}, "[3]→[1] 33%, [2]→[2] 67%, [0]→[3] 100%", "[2]"},
		"rolling variants":   {rolling(percent(50), percent(25)), []int{2, 8}, []int{8, 2}, "[1 4]→[4 1] 50%, [0 0]→[8 2] 100%", "[1 2]"},
	} {
		p, err := traffic.Make(c.config, c.old, c.new)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var steps []string
		for _, s := range p.Steps {
			steps = append(steps, fmt.Sprintf("%v→%v %.0f%%", s.Old, s.New, 100*s.Share))
		}
		if got := strings.Join(steps, ", "); got != c.want || fmt.Sprint(p.Back) != c.backs {
			t.Errorf("%s: %s, back %v, want %s, back %s", name, got, p.Back, c.want, c.backs)
		}
	}
}

// TestRefused: deployments that cannot be (Deploy-1, Deploy-2).
func TestRefused(t *testing.T) {
	t.Parallel()
	const all, canary, linear = sagemaker.TrafficRoutingConfigTypeAllAtOnce, sagemaker.TrafficRoutingConfigTypeCanary, sagemaker.TrafficRoutingConfigTypeLinear
	both := blueGreen(all, nil, nil)
	both.RollingUpdatePolicy = rolling(percent(50), nil).RollingUpdatePolicy
	for _, c := range []struct {
		config *sagemaker.DeploymentConfig
		words  string
	}{
		{both, "Give one of them"},
		{blueGreen(all, percent(10), nil), "ALL_AT_ONCE moves all traffic in one step"},
		{blueGreen(canary, nil, nil), "needs a CanarySize"},
		{blueGreen(canary, percent(10), percent(10)), "has no LinearStepSize"},
		{blueGreen(canary, percent(51), nil), "CanarySize is 51 percent, and must be from 1 to 50"},
		{blueGreen(linear, nil, nil), "needs a LinearStepSize"},
		{blueGreen(linear, nil, percent(9)), "from 10 to 50"},
		{blueGreen(linear, nil, percent(51)), "from 10 to 50"},
		{rolling(percent(4), nil), "from 5 to 50"},
		{rolling(percent(51), nil), "from 5 to 50"},
		{rolling(percent(50), percent(4)), "RollbackMaximumBatchSize is 4 percent"},
		{blueGreen(canary, count(3), nil), "CanarySize is 3 instances of 4"},
		{blueGreen(linear, nil, count(3)), "LinearStepSize is 3 instances of 4"},
		{rolling(count(3), nil), "MaximumBatchSize is 3 instances of 4"},
		{rolling(count(1), count(5)), "RollbackMaximumBatchSize is 5 instances of 4"},
		{timed(blueGreen(canary, percent(10), nil), 40), "the waits of the deployment are 40 seconds"},
		{timed(watched(blueGreen(canary, percent(10), nil)), 50), "the waits of the deployment are 50 seconds"},
		{timed(rolling(count(1), nil), 30), "the waits of the deployment are 30 seconds"},
	} {
		_, err := traffic.Make(c.config, []int{4}, []int{4})
		var refused *aws.Error
		if !errors.As(err, &refused) || refused.Code != aws.ValidationException || !strings.Contains(refused.Message, c.words) {
			t.Errorf("%v, want a refusal with %q", err, c.words)
		}
	}
	for _, c := range []*sagemaker.DeploymentConfig{
		timed(blueGreen(canary, percent(10), nil), 41), timed(rolling(count(1), nil), 31), rolling(count(1), count(4)), watched(blueGreen(all, nil, nil)),
	} {
		if _, err := traffic.Make(c, []int{4}, []int{4}); err != nil {
			t.Error(err)
		}
	}
}

// TestCanary walks a canary that goes well, phase by phase (Deploy-1).
func TestCanary(t *testing.T) {
	t.Parallel()
	p, err := traffic.Make(watched(blueGreen(sagemaker.TrafficRoutingConfigTypeCanary, percent(25), nil)), []int{2}, []int{2})
	if err != nil {
		t.Fatal(err)
	}
	var phases []string
	w := newWorld(p)
	for s := w.state; !s.Ended(); s = w.state {
		w.tick(t)
		if w.state.Phase != s.Phase {
			phases = append(phases, fmt.Sprintf("%s %.0f%% at %v", w.state.Phase, 100*w.state.Share, w.now.Sub(w.begun)))
		}
	}
	want := []string{
		"Shifting 25% at 3s", "Baking 25% at 4s", "Shifting 100% at 14s", "Baking 100% at 15s",
		"Terminating 100% at 25s", "Removing 100% at 55s", "Done 100% at 56s",
	}
	if w.started != 2 {
		t.Errorf("%d new replicas were started", w.started)
	}
	if !slices.Equal(phases, want) {
		t.Errorf("%q, want %q", phases, want)
	}
}
