package docker

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/api/types/mount"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// mountsOf are the directories of this machine that the container sees, and
// which of them beneath /opt/ml it only reads.
func (r *Runner) mountsOf(s run.Spec, d stateDir) (mounts []mount.Mount, foreign []string, err error) {
	bind := func(source, target string, readOnly bool) {
		mounts = append(mounts, mount.Mount{Type: mount.TypeBind, Source: source, Target: target, ReadOnly: readOnly})
	}
	bind(r.init[0], inside.Init, true)
	bind(d.path(sharedDir), inside.Shared, false)
	bind(s.Log, inside.Log, false)
	bind(s.OptML, inside.OptML, false)
	if s.Limits.DiskBytes > 0 {
		bind(s.OptML, inside.Volume, true)
	}
	for _, m := range s.Mounts {
		if err := mountable(m, s.OptML); err != nil {
			return nil, nil, err
		}
		bind(m.Source, filepath.Clean(m.Target), m.ReadOnly)
		if m.ReadOnly {
			foreign = append(foreign, filepath.Clean(m.Target))
		}
	}
	return mounts, foreign, nil
}

// targetOf is a mount's target as a path within OptML.
func targetOf(m run.Mount) (rel string, ok bool) {
	rel, ok = strings.CutPrefix(filepath.Clean(m.Target), inside.OptML+"/")
	return rel, ok && rel != ""
}

// mountable says why a directory cannot be mounted; a Refusal, or nil. The engine
// itself would make targets that are missing, as root, and follow links.
func mountable(m run.Mount, optML string) error {
	if st, err := os.Stat(m.Source); err != nil || !st.IsDir() {
		return command.Refuse(command.NotExecutable, "The directory %s, to be mounted at %s, does not exist or is none.", m.Source, m.Target)
	}
	rel, _ := targetOf(m)
	path := optML
	for part := range strings.SplitSeq(rel, "/") {
		path = filepath.Join(path, part)
		st, err := os.Lstat(path)
		switch {
		case err != nil || st.Mode()&fs.ModeSymlink == 0 && !st.IsDir():
			return command.Refuse(command.NotExecutable, "The directory %s cannot be mounted: there is no directory %s.", m.Source, m.Target)
		case st.Mode()&fs.ModeSymlink != 0:
			return command.Refuse(command.NotExecutable, "The directory %s cannot be mounted at %s: the way there leads through a symbolic link.", m.Source, m.Target)
		}
	}
	return nil
}
