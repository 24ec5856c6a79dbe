package app_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"
)

// scaled names the owner's variant in requests of Application Auto Scaling.
const scaled = `"ServiceNamespace":"sagemaker","ResourceId":"endpoint/` + marker + `/variant/v","ScalableDimension":"sagemaker:variant:DesiredInstanceCount"`

// scale calls an operation of Application Auto Scaling.
func (c *client) scale(operation, members string) (int, string) {
	return c.json("application-autoscaling", "AnyScaleFrontendService."+operation, "{"+members+"}")
}

// makeScaling registers the owner's variant, once its endpoint is in service, with all
// that a target has. It answers the target's ARN.
func makeScaling(t *testing.T, owner *client) (arn string) {
	t.Helper()
	const target = scaled + `,"MinCapacity":1,"MaxCapacity":2147471100,"Tags":{"k":"` + marker + `-tag"}`
	status, text := owner.scale("RegisterScalableTarget", target)
	for end := time.Now().Add(time.Minute); status != http.StatusOK && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		status, text = owner.scale("RegisterScalableTarget", target)
	}
	found := regexp.MustCompile(`arn:aws:application-autoscaling:[^"]*`).FindString(text)
	if status != http.StatusOK || found == "" {
		t.Fatalf("scalable target: %d %s", status, text)
	}
	for operation, members := range map[string]string{
		"PutScalingPolicy":   `"PolicyName":"` + marker + `-tag","PolicyType":"TargetTrackingScaling","TargetTrackingScalingPolicyConfiguration":{"TargetValue":1000,"PredefinedMetricSpecification":{"PredefinedMetricType":"SageMakerVariantInvocationsPerInstance"}}`,
		"PutScheduledAction": `"ScheduledActionName":"` + marker + `-tag","Schedule":"rate(1 hour)","ScalableTargetAction":{"MinCapacity":1}`,
	} {
		if status, text := owner.scale(operation, scaled+","+members); status != http.StatusOK {
			t.Fatalf("%s: %d %s", operation, status, text)
		}
	}
	return found
}

// scalingProbes are the probes of Application Auto Scaling.
func scalingProbes() map[string]func(c *client) (int, string) {
	probes := map[string]func(c *client) (int, string){}
	const arn = `"ResourceARN":"arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/` + marker + `"`
	for operation, members := range map[string]string{
		"RegisterScalableTarget":    scaled + `,"MinCapacity":1,"MaxCapacity":2`,
		"DescribeScalableTargets":   `"ServiceNamespace":"sagemaker"`,
		"DeregisterScalableTarget":  scaled,
		"PutScalingPolicy":          scaled + `,"PolicyName":"p","PolicyType":"TargetTrackingScaling","TargetTrackingScalingPolicyConfiguration":{"TargetValue":1,"PredefinedMetricSpecification":{"PredefinedMetricType":"SageMakerVariantInvocationsPerInstance"}}`,
		"DescribeScalingPolicies":   `"ServiceNamespace":"sagemaker"`,
		"DeleteScalingPolicy":       scaled + `,"PolicyName":"p"`,
		"PutScheduledAction":        scaled + `,"ScheduledActionName":"a","Schedule":"rate(1 hour)","ScalableTargetAction":{"MinCapacity":1}`,
		"DescribeScheduledActions":  `"ServiceNamespace":"sagemaker"`,
		"DeleteScheduledAction":     scaled + `,"ScheduledActionName":"a"`,
		"DescribeScalingActivities": `"ServiceNamespace":"sagemaker"`,
		"TagResource":               arn + `,"Tags":{"a":"b"}`,
		"UntagResource":             arn + `,"TagKeys":["k"]`,
		"ListTagsForResource":       arn,
	} {
		probes["autoscaling."+operation] = func(c *client) (int, string) { return c.scale(operation, members) }
	}
	return probes
}
