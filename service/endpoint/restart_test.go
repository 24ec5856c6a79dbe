package endpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run"
)

// Host-3: a replica whose program is gone while it serves is replaced by another,
// and the other replicas stay.
func TestReplicaLost(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 2, nil)
		b.create("e", "plain")
		b.await("e", inService)
		before := b.running("e")
		b.runner.Lose(run.Handle(before[0]))
		b.until("two replicas run", func() bool {
			now := b.running("e")
			return len(now) == 2 && !slices.Contains(now, before[0]) && slices.Contains(now, before[1])
		})
		b.await("e", inService)
	})
}

// DescribeEndpoint-4, CreateEndpoint-1: a server that stops while replicas start
// leaves the endpoint Creating, and the next one takes over where it stopped:
// nothing is started twice, and it knows what runs.
func TestTakeoverWhileCreating(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("late", 1, map[string]string{"FAKE_SERVE_AFTER": "1s"})
		b.create("e", "late")
		b.until("the program is started", func() bool { return b.left() == 1 })
		b.stop()
		if out, err := b.describe("e"); err != nil || out.EndpointStatus != creating {
			b.t.Fatalf("%+v, %v: the program was not late enough to tell", out, err)
		}
		b.serve()
		out := b.await("e", inService)
		if n := len(b.runner.started()); n != 1 {
			b.t.Errorf("%d programs were started", n)
		}
		if images := out.ProductionVariants[0].DeployedImages; len(images) != 1 || *images[0].ResolvedImage != "example/serve@sha256:0123" || images[0].ResolutionTime.IsZero() {
			b.t.Errorf("%+v", images)
		}
	})
}

// UpdateEndpoint-1: a server that stops during an update goes on with it.
func TestTakeoverWhileUpdating(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("first", 1, nil)
		b.config("late", 1, map[string]string{"FAKE_SERVE_AFTER": "1s"})
		b.create("e", "first")
		b.await("e", inService)
		b.update("e", "late")
		b.until("both programs run", func() bool { return b.left() == 2 })
		b.stop()
		if out, err := b.describe("e"); err != nil || out.EndpointStatus != updating || *out.EndpointConfigName != "first" || *out.PendingDeploymentSummary.EndpointConfigName != "late" {
			b.t.Fatalf("%+v, %v: the program was not late enough to tell", out, err)
		}
		b.serve()
		if out := b.await("e", inService); *out.EndpointConfigName != "late" {
			b.t.Errorf("%+v", out)
		}
		b.until("the old program is gone", func() bool { return b.left() == 1 })
		if n := len(b.runner.started()); n != 2 {
			b.t.Errorf("%d programs were started", n)
		}
	})
}

// DeleteEndpoint-1: a server that comes back ends what another has begun to delete.
func TestTakeoverWhileDeleting(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 2, nil)
		b.create("e", "plain")
		b.await("e", inService)
		b.stop()
		b.remove("e") // the row says so, and nobody is there to do it
		if out, err := b.describe("e"); err != nil || out.EndpointStatus != deleting {
			b.t.Fatalf("%+v, %v", out, err)
		}
		b.serve()
		b.await("e", "")
		if n := b.left(); n != 0 {
			b.t.Errorf("%d programs are left", n)
		}
	})
}

// DescribeEndpoint-2: an endpoint whose replicas a restart of the machine ended,
// and that cannot be started again, can be deleted all the same.
func TestLostAndBroken(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 1, nil)
		b.create("e", "plain")
		b.await("e", inService)
		lost := b.running("e")
		b.stop()
		b.runner.Lose(run.Handle(lost[0]))
		b.runner.fail(errors.New("there is no registry today"))
		b.serve()
		b.await("e", outOfService)
		b.remove("e")
		b.await("e", "")
	})
}

// A machine that stopped while a replica's place was written leaves half a file. The
// replica is started again, in place of what may run of it, and keeps its name.
func TestHalfAPlace(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 1, nil)
		b.create("e", "plain")
		b.await("e", inService)
		before := b.running("e")
		b.stop()
		files, err := filepath.Glob(filepath.Join(b.Dir, "*", "*", "*", "*", "place.json"))
		if err != nil || len(files) != 1 {
			b.t.Fatalf("%v, %v", files, err)
		}
		if err := os.Truncate(files[0], 5); err != nil {
			b.t.Fatal(err)
		}
		b.serve()
		b.until("it is started again", func() bool { return len(b.runner.started()) == 2 })
		b.await("e", inService)
		if after := b.running("e"); !slices.Equal(before, after) || b.runner.started()[0].ID != b.runner.started()[1].ID {
			b.t.Errorf("%v ran, and now %v", before, after)
		}
	})
}
