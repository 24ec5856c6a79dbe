package training

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/run"
)

// environment is the whole environment of a host's program: the image's, the
// contract's (TrainContainer-6), access to this server, the variables that
// training toolkits publish, and last the request's own, verbatim. Paths are as
// the program sees them; a runner that cannot mount /opt/ml rewrites them.
func environment(r *row, i int, image map[string]string, limits run.Limits, networkInterface string, access map[string]string) map[string]string {
	const base = "/opt/ml"
	in, host := &r.Body.Request, r.Body.Hosts[i]
	inputs, resources := inputDataConfig(in, host), resourceConfig(r.Body.Hosts, i, networkInterface)
	env := map[string]string{
		"PYTHONUNBUFFERED":          "1",
		"TRAINING_JOB_NAME":         r.Name,
		"TRAINING_JOB_ARN":          r.ARN,
		"AWS_REGION":                r.Scope.Region,
		"AWS_DEFAULT_REGION":        r.Scope.Region,
		"OMP_WAIT_POLICY":           "passive",
		"SM_CURRENT_HOST":           host.Name,
		"SM_HOSTS":                  asJSON(namesOf(r.Body.Hosts)),
		"SM_CURRENT_INSTANCE_TYPE":  host.InstanceType,
		"SM_CURRENT_INSTANCE_GROUP": host.Group,
		"SM_NETWORK_INTERFACE_NAME": networkInterface,
		"SM_NUM_CPUS":               fmt.Sprint(max(1, int(math.Ceil(limits.CPUs)))),
		"SM_NUM_GPUS":               fmt.Sprint(len(limits.GPUs)),
		"SM_INPUT_DIR":              filepath.Join(base, "input"),
		"SM_INPUT_CONFIG_DIR":       filepath.Join(base, "input", "config"),
		"SM_MODEL_DIR":              filepath.Join(base, "model"),
		"SM_OUTPUT_DIR":             filepath.Join(base, "output"),
		"SM_OUTPUT_DATA_DIR":        filepath.Join(base, "output", "data"),
		"SM_OUTPUT_FAILURE":         filepath.Join(base, "output", "failure"),
		"SM_RESOURCE_CONFIG":        asJSON(resources),
		"SM_INPUT_DATA_CONFIG":      asJSON(inputs),
		"SM_HPS":                    asJSON(in.HyperParameters),
	}
	if r.Body.Container == "" { // a container has them from its image, and often others
		env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		env["HOME"], env["LANG"] = "/root", "C.UTF-8"
		if limits.GPUs != nil { // a container has its own GPUs only, numbered from 0
			env["CUDA_VISIBLE_DEVICES"] = strings.Trim(strings.Join(strings.Fields(fmt.Sprint(limits.GPUs)), ","), "[]")
		}
	}
	if limits.CPUs > 0 {
		env["OMP_NUM_THREADS"] = env["SM_NUM_CPUS"]
	}
	channels := slices.Sorted(maps.Keys(inputs))
	env["SM_CHANNELS"] = asJSON(channels)
	for _, c := range channels {
		env["SM_CHANNEL_"+variable(c)] = filepath.Join(base, "input", "data", c)
	}
	for name, value := range in.HyperParameters {
		if len(value) <= maxVariable {
			env["SM_HP_"+variable(name)] = value
		}
	}
	maps.Copy(env, access)
	maps.Copy(env, image)
	maps.Copy(env, in.Environment)
	return env
}

// maxVariable bounds one variable's value far below what the kernel takes.
const maxVariable = 32 << 10

func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == 0 || r == '=' {
			return '_'
		}
		return r
	}, strings.ToUpper(name))
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, lists and maps of strings always encode
	}
	return string(text)
}
