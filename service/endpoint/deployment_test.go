package endpoint

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/replica"
)

// CreateEndpoint-1, UpdateEndpoint-1, Host-3: a replica that was healthy and does
// not stay so while the others of its fleet still start ends the deployment, which
// could not end otherwise.
func TestNewReplicaAils(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: creating, Fleet: f, Deployment: &Deployment{}}
	do(t, e, world{at(f, 0): {Phase: ailing, Reason: "because"}}.outlook(0), true, failed)
	if e.FailureReason != "The variant v could not be started: because" || len(e.Retiring) != 2 {
		t.Errorf("%+v", e)
	}
	old, fresh := fleetOf(1, 1), fleetOf(2, 2)
	e = deploying(t, old, fresh, nil)
	w := all(old, healthy)
	w[at(fresh, 1)] = condition{Phase: ailing, Reason: "because"}
	become(t, e, w.outlook(0), inService)
	if e.FailureReason != "The variant v could not be started: because" || e.Fleet != old || len(e.Retiring) != 2 || len(old.Variants[0].Replicas) != 1 {
		t.Errorf("%+v", e)
	}
}

// Weights-1, Host-3: a replica that ails while counts change is replaced, as ever,
// and does not end the change.
func TestAilingWhileRescaling(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	v := &f.Variants[0]
	v.Count, v.DesiredWeight = 1, 4
	e := &Endpoint{Status: updating, Fleet: f, Deployment: &Deployment{Before: map[string]Capacity{"v": {Weight: 1, Count: 1}}}}
	w := world{at(f, 0): {Phase: healthy}, at(f, 1): {Phase: ailing}}
	do(t, e, w.outlook(0), true, updating)
	w[at(f, 2)] = condition{Phase: healthy}
	do(t, e, w.outlook(0), true, inService)
	if v.Count != 2 || v.Weight != 4 || !slices.Equal(v.Replicas, []int{0, 2}) {
		t.Errorf("%+v", v)
	}
}

// DescribeEndpoint-2, Host-3: the old instances that a rollback goes back to are
// replaced too where they ail, and it does not wait for that, because nothing can
// be asked of the endpoint meanwhile.
func TestAilingWhileRollingBack(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: rollingBack, Fleet: f, Deployment: &Deployment{Before: map[string]Capacity{"v": {Weight: 1, Count: 2}}}, FailureReason: "because"}
	w := all(f, healthy)
	w[at(f, 1)] = condition{Phase: coming}
	do(t, e, w.outlook(0), false, rollingBack)
	w[at(f, 1)] = condition{Phase: hopeless}
	do(t, e, w.outlook(time.Second), false, rollingBack)
	do(t, e, w.outlook(0), true, inService)
	if !slices.Equal(f.Variants[0].Replicas, []int{0, 2}) || e.FailureReason != "because" || e.Deployment != nil {
		t.Errorf("%+v", e)
	}
}

// UpdateEndpoint-1, DescribeEndpoint-8: the last DeploymentConfig that brought a
// fleet into service is kept, over deployments that have none and such that fail.
func TestLastDeploymentConfig(t *testing.T) {
	t.Parallel()
	first, second := &sagemaker.DeploymentConfig{}, &sagemaker.DeploymentConfig{}
	f := fleetOf(1, 1)
	e := &Endpoint{Status: creating, Fleet: f, Deployment: &Deployment{Config: first}}
	do(t, e, all(f, healthy).outlook(0), true, inService)
	if e.LastDeployment != first {
		t.Error("the DeploymentConfig of the creation is forgotten")
	}
	deploy := func(generation int, c *sagemaker.DeploymentConfig, p replica.Phase, want *sagemaker.DeploymentConfig) {
		fresh, w := fleetOf(generation, 1), all(e.Fleet, healthy)
		if err := e.begin(fresh, &Deployment{Config: c}); err != nil {
			t.Fatal(err)
		}
		if err := fire(update, e, w.outlook(0).now); err != nil {
			t.Fatal(err)
		}
		maps.Copy(w, all(fresh, p))
		become(t, e, w.outlook(0), inService)
		if e.LastDeployment != want {
			t.Errorf("generation %d: %p, want %p", generation, e.LastDeployment, want)
		}
	}
	deploy(2, nil, healthy, first)
	deploy(3, second, hopeless, first)
	deploy(4, second, healthy, second)
}

// DescribeEndpoint-1: a server that comes back says nothing of replicas that it has
// not looked at yet: the endpoint stays as it is until it has.
func TestUnseen(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: inService, Fleet: f}
	w := world{at(f, 0): {Unseen: true}, at(f, 1): {Unseen: true}}
	do(t, e, w.outlook(0), false, inService)
	w[at(f, 0)] = condition{Phase: coming}
	do(t, e, w.outlook(0), false, inService)
	w[at(f, 1)] = condition{Phase: coming}
	do(t, e, w.outlook(0), true, outOfService)
}

// DescribeEndpoint-2: an endpoint does not stay SystemUpdating, which blocks even
// its deletion, when what a restart of the machine ended cannot be started again.
func TestLostForGood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other condition
		want  status
	}{
		"none":  {condition{Phase: hopeless, Lost: true}, outOfService},
		"other": {condition{Phase: healthy}, inService},
		"wait":  {condition{Phase: coming, Lost: true}, systemUpdating},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fleetOf(1, 2)
			e := &Endpoint{Status: systemUpdating, Fleet: f}
			w := world{at(f, 0): {Phase: hopeless, Lost: true}, at(f, 1): c.other}
			do(t, e, w.outlook(0), true, c.want)
		})
	}
}

// Variant-1, Weights-1: shadow variants do not keep an endpoint in service, and
// production variants without instances do not take it out.
func TestWhatServes(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 1)
	f.Variants = append(f.Variants, Variant{Name: "s", Shadow: true, DesiredCount: 1, Model: f.Variants[0].Model})
	f.resize(&f.Variants[1], 1)
	e := &Endpoint{Status: inService, Fleet: f}
	w := all(f, healthy)
	w[at(f, 0)] = condition{Phase: coming}
	do(t, e, w.outlook(0), true, outOfService)
	f.resize(&f.Variants[0], 0)
	e = &Endpoint{Status: inService, Fleet: f}
	do(t, e, w.outlook(0), false, inService)
}
