package inferencecomponent

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/replica"
)

// machine is a world for advance without processes: instances, and what is known of
// the copies.
type machine struct {
	whole     Resources
	instances int
	known     map[int]replica.Condition
	now       time.Time
}

func (m *machine) outlook(c *Component) outlook {
	r := rooms{"ml.m5.large", m.whole, make([]Resources, m.instances)}
	for i := range r.free {
		r.free[i] = m.whole
	}
	for _, list := range [][]Copy{c.Copies, c.Retiring} {
		for _, one := range list {
			if one.Instance < m.instances {
				r.free[one.Instance] = r.free[one.Instance].minus(one.Needs)
			}
		}
	}
	return outlook{now: m.now, copies: m.known, removed: func(Copy) bool { return false }, rooms: r, wait: time.Minute}
}

func versionOf(cores float32) *Version {
	return &Version{Model: replica.Model{Containers: make([]replica.Container, 1)}, Spec: sagemaker.InferenceComponentSpecification{
		ComputeResourceRequirements: &sagemaker.InferenceComponentComputeResourceRequirements{NumberOfCpuCoresRequired: &cores, MinMemoryRequiredInMb: aws.Ptr[int32](128)},
	}}
}

// Whatever happens in whatever order: no instance ever holds more than it has, an
// update never takes away the last copy that answers while a new one is not there
// yet, a component that failed keeps what served, and left alone every component
// comes to rest with as many copies as it is to have, or Failed with a reason.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 7))
		m := &machine{Resources{4000, 0, 4096}, 1 + random.IntN(3), map[int]replica.Condition{}, time.Unix(0, 0)}
		c := &Component{Status: creating}
		c.begin(versionOf(1), random.IntN(4), m.now)
		for range 120 {
			m.step(t, random, c)
		}
		if c.Status == deleting {
			continue
		}
		for range 200 { // left alone
			m.settle(t, c)
		}
		its, others := c.Copies, []Copy(nil)
		if c.Serving != nil {
			its, others = c.of(c.Serving)
		}
		switch {
		case c.Status != inService && c.Status != failed, len(c.Retiring) > 0, len(others) > 0:
			t.Fatalf("seed %d: it does not come to rest: %+v", seed, c)
		case c.Status == failed && c.FailureReason == "":
			t.Fatalf("seed %d: it has failed without a reason", seed)
		case c.Status == inService && (len(its) != c.Desired || c.Current != c.Desired):
			t.Fatalf("seed %d: %d copies of %d: %+v", seed, len(its), c.Desired, c)
		}
	}
}

// step lets something happen, and advances.
func (m *machine) step(t *testing.T, random *rand.Rand, c *Component) {
	t.Helper()
	m.now = m.now.Add(time.Second)
	switch random.IntN(8) {
	case 0, 1, 2: // a copy comes up, or does not
		if n := len(c.Copies); n > 0 {
			one := c.Copies[random.IntN(n)].Number
			if m.known[one].Phase == replica.Coming {
				m.known[one] = replica.Condition{Phase: replica.Healthy}
				if random.IntN(6) == 0 {
					m.known[one] = replica.Condition{Phase: replica.Hopeless, Reason: "It does not start."}
				}
			}
		}
	case 3: // one is removed
		if n := len(c.Retiring); n > 0 {
			i := random.IntN(n)
			c.Retiring = slices.Delete(slices.Clone(c.Retiring), i, i+1)
		}
	case 4:
		if may(update, &row{Body: *c}) == nil {
			next := c.latest()
			if random.IntN(2) == 0 {
				next = versionOf([]float32{0.5, 1, 2}[random.IntN(3)])
			}
			c.begin(next, random.IntN(4), m.now)
			if err := update.Fire(&c.Status, c, m.now); err != nil {
				t.Fatal(err)
			}
		}
	case 5:
		if random.IntN(20) == 0 && may(remove, &row{Body: *c}) == nil {
			if err := remove.Fire(&c.Status, c, m.now); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.advance(t, c)
}

// settle lets all copies come up and go.
func (m *machine) settle(t *testing.T, c *Component) {
	t.Helper()
	m.now = m.now.Add(time.Second)
	for _, one := range c.Copies {
		if m.known[one.Number].Phase == replica.Coming {
			m.known[one.Number] = replica.Condition{Phase: replica.Healthy}
		}
	}
	c.Retiring = nil
	m.advance(t, c)
}

func (m *machine) advance(t *testing.T, c *Component) {
	t.Helper()
	o := m.outlook(c)
	before, was := c.healthy(c.Copies, o), *c
	if _, err := advance(c, o); err != nil {
		t.Fatal(err)
	}
	if after := c.healthy(c.Copies, o); was.Status == updating && was.Serving != nil && before > 0 && after == 0 && c.Desired > 0 {
		t.Fatalf("the last copy that answers is gone in an update: %+v", c)
	}
	for i, r := range m.outlook(c).rooms.free {
		if r.MilliCPUs < 0 || r.MemoryMB < 0 {
			t.Fatalf("instance %d holds more than it has: %+v", i, c)
		}
	}
}
