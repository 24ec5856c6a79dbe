package endpoint

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/replica"
)

// world is what a test knows of replicas; those it does not name are coming.
type world map[Replica]condition

func (w world) outlook(wait time.Duration, removed ...Replica) outlook {
	return outlook{
		now: time.Unix(1, 0), replicas: w,
		removed:  func(r Replica) bool { return slices.Contains(removed, r) },
		patience: func(int, string) time.Duration { return wait },
		demand:   func(int, string) demand { return demand{} },
		load:     func(int, string) []float64 { return nil },
	}
}

// fleetOf is a fleet with so many replicas of the variant "v", serving or to serve.
func fleetOf(generation, count int) *Fleet {
	f := &Fleet{Generation: generation, Variants: []Variant{{
		Name: "v", Weight: 1, DesiredWeight: 1, Count: count, DesiredCount: count, Model: replica.Model{Containers: []replica.Container{{Hostname: "c"}}},
	}}}
	f.resize(&f.Variants[0], count)
	return f
}

func at(f *Fleet, number int) Replica { return Replica{f.Generation, "v", number} }

func all(f *Fleet, p replica.Phase) world {
	w := world{}
	for _, r := range f.all() {
		w[r] = condition{Phase: p, Reason: "because"}
	}
	return w
}

// do advances once and checks that something, or nothing, came of it.
func do(t *testing.T, e *Endpoint, o outlook, want bool, s status) {
	t.Helper()
	changed, err := advance(e, o)
	if err != nil || changed != want || e.Status != s {
		t.Fatalf("changed %t, %v, status %s; want %t, %s", changed, err, e.Status, want, s)
	}
}

// become advances until there is nothing more to do, as a manager does.
func become(t *testing.T, e *Endpoint, o outlook, s status) {
	t.Helper()
	for range 100 {
		changed, err := advance(e, o)
		if err != nil {
			t.Fatal(err)
		}
		if !changed {
			if e.Status != s {
				t.Fatalf("%s, want %s", e.Status, s)
			}
			return
		}
	}
	t.Fatal("it never rests")
}

// deploying is an endpoint whose fleet is to be replaced by a fresh one.
func deploying(t *testing.T, old, fresh *Fleet, c *sagemaker.DeploymentConfig) *Endpoint {
	t.Helper()
	e := &Endpoint{Status: updating, Fleet: old}
	for i := range fresh.Variants { // the plan says how many it begins with
		fresh.Variants[i].Replicas, fresh.Variants[i].Next = nil, 0
	}
	if err := e.begin(fresh, &Deployment{StartedAt: time.Unix(1, 0), Config: c}); err != nil {
		t.Fatal(err)
	}
	return e
}

// CreateEndpoint-1, Host-3: a new endpoint serves when all its replicas are
// healthy, and fails with the first that never will be; nothing of it is left.
func TestCreation(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: creating, Fleet: f, Deployment: &Deployment{}}
	do(t, e, world{at(f, 0): {Phase: healthy}}.outlook(0), false, creating)
	do(t, e, all(f, healthy).outlook(0), true, inService)
	if e.Deployment != nil || f.Variants[0].Count != 2 {
		t.Errorf("%+v", e)
	}
	f = fleetOf(1, 2)
	e = &Endpoint{Status: creating, Fleet: f, Deployment: &Deployment{}}
	do(t, e, world{at(f, 1): {Phase: hopeless, Reason: "because"}}.outlook(0), true, failed)
	if e.FailureReason != "The variant v could not be started: because" || len(e.Retiring) != 2 || e.over() {
		t.Errorf("%+v", e)
	}
	do(t, e, world{}.outlook(0, at(f, 0), at(f, 1)), true, failed)
	if !e.over() {
		t.Error("it is not over although nothing is left")
	}
}

// UpdateEndpoint-1: the new fleet takes over when it is ready; until then, and when
// it never is, the old one serves, healed as ever.
func TestUpdate(t *testing.T) {
	t.Parallel()
	old, fresh := fleetOf(1, 1), fleetOf(2, 2)
	config := &sagemaker.DeploymentConfig{}
	e := deploying(t, old, fresh, config)
	w := all(old, healthy)
	w[at(fresh, 0)] = condition{Phase: healthy}
	do(t, e, w.outlook(0), false, updating)
	w[at(old, 0)] = condition{Phase: ailing}
	do(t, e, w.outlook(0), true, updating)
	if !slices.Equal(old.Variants[0].Replicas, []int{1}) {
		t.Errorf("the old fleet has %v", old.Variants[0].Replicas)
	}
	maps.Copy(w, all(fresh, healthy))
	maps.Copy(w, all(old, healthy))
	become(t, e, w.outlook(0), inService)
	if e.Fleet != fresh || e.LastDeployment != config || len(e.Retiring) != 2 {
		t.Errorf("%+v", e)
	}

	old, fresh = fleetOf(1, 1), fleetOf(2, 2)
	e = deploying(t, old, fresh, nil)
	w = all(old, healthy)
	w[at(fresh, 1)] = condition{Phase: hopeless, Reason: "because"}
	become(t, e, w.outlook(0), inService)
	if e.Fleet != old || e.FailureReason == "" || len(e.Retiring) != 2 || e.Deployment != nil {
		t.Errorf("%+v", e)
	}
}

// Weights-1, DescribeEndpoint-2, -5: weights and counts hold once the instances are
// there, those that are too many go then, and old values come back where they
// cannot be had.
func TestRescaling(t *testing.T) {
	t.Parallel()
	change := func(f *Fleet, weight float32, count int) *Endpoint {
		v := &f.Variants[0]
		e := &Endpoint{Status: updating, Fleet: f, Deployment: &Deployment{Before: map[string]Capacity{"v": {Weight: v.Weight, Count: v.Count}}}}
		v.DesiredWeight, v.DesiredCount = weight, count
		if count > len(v.Replicas) {
			f.resize(v, count)
		}
		return e
	}
	f := fleetOf(1, 1)
	e := change(f, 3, 2)
	do(t, e, world{at(f, 0): {Phase: healthy}}.outlook(0), false, updating)
	if v := f.Variants[0]; v.Weight != 1 || v.Count != 1 {
		t.Errorf("it holds before the instance is there: %+v", v)
	}
	do(t, e, all(f, healthy).outlook(0), true, inService)
	if v := f.Variants[0]; v.Weight != 3 || v.Count != 2 {
		t.Errorf("%+v", v)
	}
	e = change(f, 3, 1)
	do(t, e, all(f, healthy).outlook(0), true, inService)
	if v := f.Variants[0]; v.Count != 1 || len(v.Replicas) != 1 || len(e.Retiring) != 1 || e.Retiring[0].Number != 1 {
		t.Errorf("%+v, %+v", v, e.Retiring)
	}
	e = change(f, 9, 3)
	w := world{at(f, 0): {Phase: healthy}, at(f, 3): {Phase: hopeless, Reason: "because"}}
	do(t, e, w.outlook(0), true, rollingBack)
	if v := f.Variants[0]; v.DesiredWeight != 3 || v.DesiredCount != 1 || len(e.Retiring) != 2 {
		t.Errorf("%+v, %+v", v, e.Retiring)
	}
	do(t, e, w.outlook(0), true, inService)
	if v := f.Variants[0]; v.Weight != 3 || v.Count != 1 || e.FailureReason == "" {
		t.Errorf("%+v, %q", v, e.FailureReason)
	}
}

// Host-3, DescribeEndpoint-1, -2: what ails is replaced when patience ends, under a
// number of its own; an endpoint without a healthy replica is out of service; one
// whose programs a restart of the machine has ended is SystemUpdating.
func TestAdvance(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: inService, Fleet: f}
	w := all(f, healthy)
	do(t, e, w.outlook(0), false, inService)
	w[at(f, 0)] = condition{Phase: ailing}
	do(t, e, w.outlook(time.Second), false, inService)
	do(t, e, w.outlook(0), true, inService)
	if !slices.Equal(f.Variants[0].Replicas, []int{2, 1}) || !slices.Equal(e.Retiring[0].Contained, []bool{false}) {
		t.Errorf("%v, %+v", f.Variants[0].Replicas, e.Retiring)
	}
	w[at(f, 1)] = condition{Phase: ailing}
	do(t, e, w.outlook(time.Second), true, outOfService)
	do(t, e, w.outlook(time.Second), false, outOfService)
	w[at(f, 2)] = condition{Phase: healthy}
	do(t, e, w.outlook(time.Second), true, inService)
	for _, r := range f.all() {
		w[r] = condition{Lost: true}
	}
	do(t, e, w.outlook(0), true, systemUpdating)
	do(t, e, w.outlook(0), false, systemUpdating)
	for _, r := range f.all() {
		w[r] = condition{Phase: healthy}
	}
	do(t, e, w.outlook(0), true, inService)
}

// DeleteEndpoint-1: deletion ends when nothing is left.
func TestDeletion(t *testing.T) {
	t.Parallel()
	f := fleetOf(1, 2)
	e := &Endpoint{Status: deleting, Fleet: f, Retiring: []Retired{{Replica: Replica{1, "v", 7}}}}
	do(t, e, world{}.outlook(0), true, deleting)
	do(t, e, world{}.outlook(0, at(f, 0), at(f, 1)), true, deleting)
	if e.over() {
		t.Error("it is over although one is left")
	}
	do(t, e, world{}.outlook(0, Replica{1, "v", 7}), true, deleting)
	if !e.over() || len(f.all()) > 0 {
		t.Errorf("%+v", e)
	}
}
