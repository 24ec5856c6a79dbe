package replica

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/aws"
)

// maxCore bounds the core file of a container, in bytes.
const maxCore = 64 << 30

// dumpTime bounds how long a replica that crashed waits for its core file to be
// put: nobody takes its place before.
const dumpTime = 2 * time.Minute

// Dumps takes the core files of containers that crash.
type Dumps interface {
	// Dump puts a file of size bytes at an S3 URI.
	Dump(ctx context.Context, scope aws.Scope, uri string, content io.Reader, size int64) error
}

// dump puts the core files that a container has left in its working directory under
// CoreDumps/instance/container. What cannot be put is left out, and the log says why.
func (j *job) dump(ctx context.Context, i int) {
	c := j.containers[i]
	if j.CoreDumps == "" || c.Contained {
		return
	}
	prefix := j.runner(i).Traits().Cores
	if prefix == "" {
		j.m.Logger.Warn("no core file is looked for: this machine's core_pattern puts them elsewhere", "replica", j.Name)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dumpTime)
	defer cancel()
	entries, err := os.ReadDir(j.containerDir(i))
	if err != nil {
		j.m.Logger.Warn("core files cannot be looked for", "replica", j.Name, "error", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !e.Type().IsRegular() {
			continue
		}
		uri := fmt.Sprintf("%s/%s/%s/%s", j.CoreDumps, j.Instance(), c.Hostname, e.Name())
		if err := j.put(ctx, j.containerDir(i), e.Name(), uri); err != nil {
			j.m.Logger.Warn("a core file could not be put", "replica", j.Name, "to", uri, "error", err)
			continue
		}
		j.m.Logger.Info("a container crashed", "replica", j.Name, "core file", uri)
	}
}

// put puts one file of a directory that a program may have changed.
func (j *job) put(ctx context.Context, dir, name, uri string) error {
	file, err := tree.Place{Base: dir}.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return j.m.Dumps.Dump(ctx, j.Scope, uri, file, file.Entry.Size)
}
