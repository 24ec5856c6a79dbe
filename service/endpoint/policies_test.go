package endpoint

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

func percent(n int32) *sagemaker.CapacitySize {
	return &sagemaker.CapacitySize{Type: sagemaker.CapacitySizeTypeCapacityPercent, Value: &n}
}

// canary moves a tenth, waits, and keeps the old fleet for a while.
func canary(wait, end int32) *sagemaker.DeploymentConfig {
	return &sagemaker.DeploymentConfig{BlueGreenUpdatePolicy: &sagemaker.BlueGreenUpdatePolicy{
		TrafficRoutingConfiguration: &sagemaker.TrafficRoutingConfig{Type: sagemaker.TrafficRoutingConfigTypeCanary, CanarySize: percent(10), WaitIntervalInSeconds: &wait},
		TerminationWaitInSeconds:    &end,
	}}
}

func rolling(wait int32) *sagemaker.DeploymentConfig {
	return &sagemaker.DeploymentConfig{RollingUpdatePolicy: &sagemaker.RollingUpdatePolicy{
		MaximumBatchSize: percent(50), WaitIntervalInSeconds: &wait, RollbackMaximumBatchSize: percent(50),
	}}
}

// watched has the alarm "errors" lead back.
func watched(c *sagemaker.DeploymentConfig) *sagemaker.DeploymentConfig {
	c.AutoRollbackConfiguration = &sagemaker.AutoRollbackConfig{Alarms: []*sagemaker.Alarm{{AlarmName: aws.Ptr("errors")}}}
	return c
}

// shares are the parts of an endpoint by generation.
func shares(e *Endpoint) map[int]float64 {
	m := map[int]float64{}
	for _, p := range e.parts() {
		m[p.fleet.Generation] = p.share
	}
	return m
}

// Deploy-1, DescribeEndpoint-6: a canary gets its share when all new instances are
// healthy, the rest after the wait, and the old instances end after theirs.
func TestCanary(t *testing.T) {
	t.Parallel()
	old, fresh := fleetOf(1, 2), fleetOf(2, 2)
	e := deploying(t, old, fresh, canary(60, 30))
	w := all(old, healthy)
	at0 := time.Unix(1, 0)
	step := func(seconds int, s status, share float64, stage traffic.Phase) {
		t.Helper()
		o := w.outlook(0)
		o.now = at0.Add(time.Duration(seconds) * time.Second)
		become(t, e, o, s)
		if got := shares(e)[2]; got != share {
			t.Fatalf("%d s: the share is %v, want %v", seconds, got, share)
		}
		if e.Deployment != nil && e.Deployment.State.Phase != stage {
			t.Fatalf("%d s: %s, want %s", seconds, e.Deployment.State.Phase, stage)
		}
	}
	step(0, updating, 0, traffic.Provisioning)
	if got := stage(e).Status; got != sagemaker.VariantStatusCreating {
		t.Errorf("%s", got)
	}
	for r, c := range all(fresh, healthy) {
		w[r] = c
	}
	step(1, updating, 0.1, traffic.Baking)
	if got := stage(e).Status; got != sagemaker.VariantStatusBaking {
		t.Errorf("%s", got)
	}
	step(60, updating, 0.1, traffic.Baking)
	step(61, updating, 1, traffic.Terminating)
	if len(old.all()) != 2 || e.Fleet != old {
		t.Errorf("the old fleet has %d instances before the wait is over", len(old.all()))
	}
	step(90, updating, 1, traffic.Terminating)
	step(91, inService, 1, "")
	if e.Fleet != fresh || len(e.Retiring) != 2 || e.LastDeployment == nil {
		t.Errorf("%+v", e)
	}
}

// Deploy-3: an alarm that goes off during the deployment leads back, and is named;
// DescribeEndpoint-7: what served before is what the endpoint has.
func TestAlarmRollsBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*sagemaker.DeploymentConfig{"canary": canary(60, 0), "rolling": rolling(60)} {
		old, fresh := fleetOf(1, 2), fleetOf(2, 2)
		e := deploying(t, old, fresh, watched(c))
		w := all(old, healthy)
		for r, c := range all(fleetOf(2, 2), healthy) {
			w[r] = c
		}
		become(t, e, w.outlook(0), updating)
		if shares(e)[2] == 0 {
			t.Fatalf("%s: %+v", name, e.Deployment.State)
		}
		o := w.outlook(0)
		o.alarm = "errors"
		for !slices.Contains([]status{inService}, e.Status) { // old instances start again
			if _, err := advance(e, o); err != nil {
				t.Fatal(err)
			}
			for r := range all(old, healthy) {
				w[r] = condition{Phase: healthy}
			}
		}
		if e.Fleet != old || len(old.all()) != 2 || len(fresh.all()) != 0 || !strings.Contains(e.FailureReason, "errors") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// DescribeEndpoint-2, Deploy-2: a rolling deployment whose rollback fails too leaves
// both configurations serving; the next update mends it, and deletion ends both.
func TestRollbackFails(t *testing.T) {
	t.Parallel()
	mixed := func() (*Endpoint, world) {
		old, fresh := fleetOf(1, 2), fleetOf(2, 2)
		e := deploying(t, old, fresh, rolling(60))
		w := all(old, healthy)
		w[at(fresh, 0)] = condition{Phase: healthy}
		become(t, e, w.outlook(0), updating)
		if len(old.all()) != 1 || shares(e)[2] != 0.5 {
			t.Fatalf("%+v", e.Deployment.State)
		}
		w[at(fresh, 0)] = condition{Phase: ailing, Reason: "it died"}
		w[at(old, 2)] = condition{Phase: hopeless, Reason: "no room"} // the one that comes back
		become(t, e, w.outlook(time.Hour), updateRollbackFailed)
		if e.Mixed == nil || e.Mixed.Share != 0.5 || !strings.Contains(e.FailureReason, "it died") || !strings.Contains(e.FailureReason, "no room") {
			t.Fatalf("%+v, %q", e.Mixed, e.FailureReason)
		}
		if got := shares(e); got[1] != 0.5 || got[2] != 0.5 {
			t.Fatalf("%v", got)
		}
		return e, w
	}
	e, w := mixed()
	if err := may(update, &row{Body: *e}); err != nil {
		t.Error(err)
	}
	became := e.Mixed.Fleet
	fresh := fleetOf(3, 1)
	fresh.Variants[0].Replicas, fresh.Variants[0].Next = nil, 0
	if err := e.begin(fresh, &Deployment{Config: canary(60, 0)}); err != nil {
		t.Fatal(err)
	}
	if err := fire(update, e, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	w[at(fresh, 0)] = condition{Phase: healthy}
	become(t, e, w.outlook(time.Hour), updating)
	if got := shares(e); got[1] != 0.45 || got[2] != 0.45 || got[3] != 0.1 {
		t.Errorf("%v", got)
	}
	o := w.outlook(time.Hour)
	o.now = o.now.Add(time.Hour)
	become(t, e, o, inService)
	if e.Fleet != fresh || e.Mixed != nil || len(became.all()) != 0 || shares(e)[3] != 1 {
		t.Errorf("%+v", e)
	}

	e, _ = mixed()
	if err := fire(remove, e, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	become(t, e, world{}.outlook(0), deleting)
	if len(e.fleets()[0].all())+len(e.Mixed.Fleet.all()) != 0 {
		t.Error("instances are left")
	}
}

// Weights-1: an old instance that fails for ever while counts change is healed, and
// does not take the change back.
func TestRescalingBesideFailure(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	v := &f.Variants[0]
	e := &Endpoint{Status: updating, Fleet: f, Deployment: &Deployment{Before: map[string]Capacity{"v": {Weight: 1, Count: 2, Next: 2}}}}
	v.DesiredCount = 3
	f.resize(v, 3)
	w := world{at(f, 0): {Phase: healthy}, at(f, 1): {Phase: hopeless, Reason: "because"}}
	become(t, e, w.outlook(0), updating)
	w[at(f, 2)], w[at(f, 3)] = condition{Phase: healthy}, condition{Phase: healthy}
	become(t, e, w.outlook(0), inService)
	if v.Count != 3 || e.FailureReason != "" {
		t.Errorf("%+v, %q", v, e.FailureReason)
	}
}

// UpdateEndpoint-1, Deploy-1: what the data path sees while traffic moves: both
// fleets with their shares, and the old one alone again after an alarm.
func TestTrafficMoves(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("one", 1, nil)
		b.config("two", 1, nil)
		b.create("e", "one")
		b.await("e", inService)
		if _, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{
			EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("two"), DeploymentConfig: watched(canary(600, 0)),
		}); err != nil {
			t.Fatal(err)
		}
		b.until("the canary has its share", func() bool {
			out, err := b.describe("e")
			p := out.PendingDeploymentSummary
			return err == nil && p != nil && p.ProductionVariants[0].VariantStatus[0].Status == sagemaker.VariantStatusBaking
		})
		b.alarms.on.Store(true)
		out := b.await("e", inService)
		if *out.EndpointConfigName != "one" || !strings.Contains(aws.Val(out.FailureReason), "The alarm errors went off") || out.LastDeploymentConfig != nil {
			t.Errorf("%+v", out)
		}
	})
}
