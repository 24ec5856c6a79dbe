package docker

import (
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// image is what an image says of itself.
type image struct {
	entrypoint, cmd []string
	user            string
	home            bool // sets HOME
}

func imageOf(c *dockerspec.DockerOCIImageConfig) image {
	if c == nil {
		return image{}
	}
	return image{
		entrypoint: c.Entrypoint, cmd: c.Cmd, user: c.User,
		home: slices.ContainsFunc(c.Env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }),
	}
}

// composition is all that a container is made from.
type composition struct {
	plan    inside.Plan
	options client.ContainerCreateOptions
}

// compose decides what the container of a program is; without effects.
func (r *Runner) compose(s run.Spec, img image, name string, d stateDir) (*composition, error) {
	words, err := commandOf(s, img)
	if err != nil {
		return nil, err
	}
	mounts, foreign, err := r.mountsOf(s, d)
	if err != nil {
		return nil, err
	}
	_, home := s.Env["HOME"]
	plan := inside.Plan{
		Command: words, Dir: within(s.Dir, s.OptML), User: rootless(img.user), Home: home || img.home,
		Wall: s.Limits.Wall, Grace: s.Limits.Grace, WatchMemory: s.Limits.MemoryBytes > 0, DiskBytes: s.Limits.DiskBytes,
		Reach: reachOf(s), Own: s.Network.ID != "", Foreign: foreign, Owner: ownerOfFiles(),
	}
	host := r.host(mounts, "host")
	host.Resources, host.ShmSize = r.resources(s.Limits), r.shm(s.Limits)
	if s.Hostname != "" && s.Network.ID == "" {
		host.ExtraHosts = []string{s.Hostname + ":127.0.0.1"}
	}
	config := &container.Config{
		Image: s.Image, Hostname: s.Hostname, User: "0:0", Env: environment(s.Env), StopSignal: "SIGTERM",
		Entrypoint: r.first(inside.Run), Cmd: []string{}, Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		Labels: map[string]string{LabelOwner: r.owner, LabelID: s.ID},
	}
	return &composition{plan, client.ContainerCreateOptions{Config: config, HostConfig: host, Name: name}}, nil
}

// host is what all our containers have in common. The engine's own log has only
// what the first process complains about.
func (r *Runner) host(mounts []mount.Mount, network container.NetworkMode) *container.HostConfig {
	off := false
	h := &container.HostConfig{
		Mounts: mounts, NetworkMode: network, Init: &off,
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m", "max-file": "1"}},
	}
	if r.engine.selinux {
		h.SecurityOpt = []string{"label=disable"} // else the mounts are not readable
	}
	if r.engine.userns {
		h.UsernsMode = "host" // else the container's root owns nothing of the mounts
	}
	return h
}

// commandOf is what `docker run` would execute (TrainContainer-1).
func commandOf(s run.Spec, img image) ([]string, error) {
	switch {
	case len(s.Command) > 0:
		return s.Command, nil
	case len(s.Args) > 0:
		return append(slices.Clone(img.entrypoint), s.Args...), nil
	case len(img.entrypoint)+len(img.cmd) > 0:
		return append(slices.Clone(img.entrypoint), img.cmd...), nil
	}
	return nil, command.Refuse(command.NotFound, "The image %s has no entry point, and no command was given.", s.Image)
}

// first is the command line of a container's first process.
func (r *Runner) first(words ...string) []string {
	return slices.Concat([]string{inside.Init}, r.init[1:], words)
}

// environment adds to the image's own; the engine merges them.
func environment(env map[string]string) []string {
	out := []string{}
	for _, k := range slices.Sorted(maps.Keys(env)) {
		if k != "SAGEMAKER_BASE_DIR" {
			out = append(out, k+"="+env[k])
		}
	}
	return append(out, "SAGEMAKER_BASE_DIR="+inside.OptML)
}

// within is the container's name for a path that may lie beneath OptML.
func within(path, optML string) string {
	if rest, ok := strings.CutPrefix(path, optML); ok && (rest == "" || rest[0] == '/') {
		return inside.OptML + rest
	}
	return path
}

// rootless is the image's user, "" for all ways to say root.
func rootless(user string) string {
	switch user {
	case "0", "root", "0:0", "root:root", "0:root", "root:0":
		return ""
	}
	return user
}

// ownerOfFiles is who must be able to remove what containers leave.
func ownerOfFiles() *inside.Owner {
	if os.Geteuid() == 0 {
		return nil
	}
	return &inside.Owner{UID: os.Geteuid(), GID: os.Getegid()}
}

// resources are the limits in the engine's terms.
func (r *Runner) resources(l run.Limits) container.Resources {
	var out container.Resources
	if l.CPUs > 0 && l.CPUs < float64(r.engine.cpus) {
		out.NanoCPUs = int64(l.CPUs * 1e9)
	}
	if l.MemoryBytes > 0 {
		out.Memory, out.MemorySwap = l.MemoryBytes, l.MemoryBytes // no swap
	}
	if l.Processes > 0 {
		n := int64(l.Processes + inside.Threads)
		out.PidsLimit = &n
	}
	if len(l.GPUs) > 0 {
		ids := make([]string, len(l.GPUs))
		for i, n := range l.GPUs {
			ids[i] = strconv.Itoa(n)
		}
		out.DeviceRequests = []container.DeviceRequest{{Driver: "nvidia", DeviceIDs: ids, Capabilities: [][]string{{"gpu"}}}}
	}
	return out
}

// shm is the size of /dev/shm, which counts as memory: half of what there is.
func (r *Runner) shm(l run.Limits) int64 {
	if l.MemoryBytes > 0 {
		return l.MemoryBytes / 2
	}
	return r.engine.memory / 2
}

// reachOf are the addresses that need a door: those of the machine's loopback
// interface, from a network that is not the machine's and not closed.
func reachOf(s run.Spec) []string {
	if s.Network.ID == "" || s.Network.Isolated {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Network.Reach), func(addr string) bool {
		host, _, err := net.SplitHostPort(addr)
		ip := net.ParseIP(host)
		return err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback())
	})
}
