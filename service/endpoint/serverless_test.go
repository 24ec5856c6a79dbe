package endpoint

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// onDemand is a fleet of a serverless variant that has shown that it starts.
func onDemand(limit, provisioned int32) *Fleet {
	s := &Serverless{Desired: sagemaker.ProductionVariantServerlessConfig{
		MemorySizeInMB: aws.Ptr[int32](1024), MaxConcurrency: &limit, ProvisionedConcurrency: &provisioned,
	}}
	f := fleetOf(1, s.first())
	s.Current = s.Desired
	f.Variants[0].Serverless = s
	return f
}

// asked is an outlook in which so many requests are inside, and replicas without
// one have idled for so long.
func (w world) asked(needed int, idle time.Duration) outlook {
	o := w.outlook(0)
	o.serverlessIdle = time.Minute
	o.demand = func(int, string) demand {
		return demand{needed, func(Replica) time.Duration { return idle }}
	}
	return o
}

// Serverless-1: a variant that is not used has the instances that are provisioned,
// in service as before; requests bring more, and never more than MaxConcurrency.
func TestServerlessScales(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit, provisioned int32
		needed             int
		idle               time.Duration
		want               int
	}{
		"idle":        {5, 0, 0, time.Minute, 0},
		"not yet":     {5, 0, 0, time.Minute - 1, 1},
		"provisioned": {5, 2, 0, time.Hour, 2},
		"asked":       {5, 0, 3, 0, 3},
		"too many":    {5, 2, 9, 0, 5},
		"enough":      {5, 3, 2, time.Hour, 3},
	} {
		f := onDemand(c.limit, c.provisioned)
		e := &Endpoint{Status: inService, Fleet: f}
		before := len(f.Variants[0].Replicas)
		do(t, e, all(f, healthy).asked(c.needed, c.idle), before != c.want, inService)
		if got := len(f.Variants[0].Replicas); got != c.want || len(e.Retiring) != max(0, before-c.want) {
			t.Errorf("%s: %d replicas and %d that retire, want %d", name, got, len(e.Retiring), c.want)
		}
	}
}

// A serverless variant whose instances fail is in service still; they are started
// again when somebody asks, after a pause.
func TestServerlessFails(t *testing.T) {
	t.Parallel()
	f := onDemand(5, 0)
	e := &Endpoint{Status: inService, Fleet: f}
	w := world{at(f, 0): {Phase: hopeless, Reason: "because"}}
	o := w.asked(2, 0)
	o.patience = func(int, string) time.Duration { return time.Second }
	do(t, e, o, true, inService)
	if v := f.Variants[0]; len(v.Replicas) != 0 || len(e.Retiring) != 1 {
		t.Fatalf("%+v", v)
	}
	do(t, e, o, false, inService)
	do(t, e, w.asked(2, 0), true, inService)
	if v := f.Variants[0]; len(v.Replicas) != 2 || v.Replicas[0] != 1 {
		t.Fatalf("%+v", v)
	}
	w[at(f, 1)], w[at(f, 2)] = condition{Lost: true}, condition{Phase: healthy}
	do(t, e, w.asked(2, 0), false, inService) // the machine restarted: they come back as they are needed
}

// Whatever happens and is asked for, there are never more replicas than
// MaxConcurrency, and in the end, when nobody asks, those that are provisioned.
func TestServerlessHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		limit := 1 + r.Int32N(4)
		f := onDemand(limit, r.Int32N(limit+1))
		e := &Endpoint{Status: creating, Generations: 1, Fleet: f, Deployment: &Deployment{}}
		w := world{}
		step := func(needed int, idle time.Duration) {
			if _, err := advance(e, w.asked(needed, idle)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for range 60 {
			step(r.IntN(6), time.Duration(r.IntN(2))*time.Hour)
			if e.Fleet == nil || e.Status == failed {
				break
			}
			for _, x := range f.all() {
				w[x] = next(r, w[x])
			}
			if n := len(f.Variants[0].Replicas); n > int(limit) {
				t.Fatalf("seed %d: %d replicas for a MaxConcurrency of %d", seed, n, limit)
			}
		}
		if e.Status == failed || e.Status == creating {
			continue
		}
		for range 5 {
			for _, x := range f.all() {
				w[x] = condition{Phase: healthy}
			}
			step(0, time.Hour)
		}
		if n := len(f.Variants[0].Replicas); n != f.Variants[0].Serverless.provisioned() || e.Status != inService {
			t.Fatalf("seed %d: %s with %d replicas", seed, e.Status, n)
		}
	}
}

// Weights-1, DescribeEndpoint-5: MaxConcurrency and ProvisionedConcurrency change
// once the instances are there; what does not fit the variant's kind is refused.
func TestServerlessUpdate(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("s", 1, nil)
		v := b.known.configs["s"].ProductionVariants[0]
		v.InstanceType, v.InitialInstanceCount = "", nil
		v.ServerlessConfig = &sagemaker.ProductionVariantServerlessConfig{MemorySizeInMB: aws.Ptr[int32](2048), MaxConcurrency: aws.Ptr[int32](4)}
		b.create("e", "s")
		out := b.await("e", inService)
		got := out.ProductionVariants[0]
		if got.CurrentInstanceCount != nil || *got.CurrentServerlessConfig.MaxConcurrency != 4 || *got.DesiredServerlessConfig.MemorySizeInMB != 2048 {
			t.Errorf("%+v", got)
		}
		update := func(max, provisioned *int32, count *int32) error {
			return b.rescale("e", &sagemaker.DesiredWeightAndCapacity{VariantName: aws.Ptr("v"), DesiredInstanceCount: count,
				ServerlessUpdateConfig: &sagemaker.ProductionVariantServerlessUpdateConfig{MaxConcurrency: max, ProvisionedConcurrency: provisioned}})
		}
		b.says(update(nil, aws.Ptr[int32](5), nil), "ProvisionedConcurrency 5, which is more than its MaxConcurrency 4")
		b.says(update(nil, nil, aws.Ptr[int32](5)), "is serverless, so that it has no DesiredInstanceCount")
		if err := update(aws.Ptr[int32](3), aws.Ptr[int32](3), nil); err != nil {
			t.Fatal(err)
		}
		got = b.await("e", inService).ProductionVariants[0]
		if *got.CurrentServerlessConfig.MaxConcurrency != 3 || *got.CurrentServerlessConfig.ProvisionedConcurrency != 3 {
			t.Errorf("%+v", got.CurrentServerlessConfig)
		}
		b.until("three instances run", func() bool { return len(b.running("e")) == 3 })
		if spec := b.runner.started()[0]; spec.Limits.MemoryBytes != 2<<30 {
			t.Errorf("%d bytes of memory", spec.Limits.MemoryBytes)
		}
	})
}
