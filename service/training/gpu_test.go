package training

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// A GPU is one job's at a time, and programs see theirs alone; a job whose type
// has none sees none, and one that has to wait gets what becomes free.
func TestGPUs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		must(t, b.Tasks.Stop(b.ctx))
		r := &specRunner{Runner: b.config.Runner, specs: map[string]run.Spec{}}
		b.config.Runner, b.config.Machine = r, capacity.Machine{CPUs: 64, MemoryBytes: 1 << 40, GPUs: 2}
		b.Service = b.serve(t)
		start := func(name, instanceType string) {
			req := request(name)
			req.ResourceConfig.InstanceType = sagemaker.TrainingInstanceType(instanceType)
			req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
			b.create(req)
		}
		training := in(sagemaker.SecondaryStatusTraining)
		for _, name := range []string{"first", "second"} {
			start(name, "ml.g4dn.xlarge")
			b.await(name, training)
		}
		start("third", "ml.g4dn.xlarge")
		b.await("third", func(out *sagemaker.DescribeTrainingJobOutput) bool {
			return strings.Contains(*out.SecondaryStatusTransitions[0].StatusMessage, "and 1 GPUs are not free yet")
		})
		start("none", "ml.m5.large")
		b.await("none", training)
		b.stop("first")
		b.await("third", training)
		b.await("first", ended)
		await(t, func() bool { // the status says so a moment before the program is started
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.specs) == 4
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		for name, want := range map[string][2]string{"first": {"0", "1"}, "second": {"1", "1"}, "third": {"0", "1"}, "none": {"", "0"}} {
			env := r.specs[name].Env
			devices, told := env["CUDA_VISIBLE_DEVICES"]
			if got := [2]string{devices, env["SM_NUM_GPUS"]}; got != want || !told {
				t.Errorf("%s has GPUs %q, want %q", name, got, want)
			}
		}
	})
}
