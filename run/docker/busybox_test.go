//go:build linux

package docker_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/moby/moby/client"
)

// Images of the tests: a static busybox, with a root and another user.
const (
	busybox  = "sagebrush-test/busybox:1"
	userapp  = "sagebrush-test/user:1"     // USER app, HOME and working directory of its own
	entry    = "sagebrush-test/entry:1"    // ENTRYPOINT with CMD
	nothing  = "sagebrush-test/nothing:1"  // neither
	stranger = "sagebrush-test/stranger:1" // USER that it does not have
)

func makeImages(ctx context.Context, api *client.Client) error {
	files, err := busyboxFiles()
	if err != nil {
		return err
	}
	for ref, changes := range map[string][]string{
		busybox:  {`ENTRYPOINT ["/bin/sh", "-c", "echo entry; exit 1"]`, "ENV FROM_IMAGE=yes"},
		userapp:  {"USER app", "WORKDIR /home/app"},
		entry:    {`ENTRYPOINT ["/bin/echo", "entry"]`, `CMD ["cmd"]`, "WORKDIR /tmp", "HEALTHCHECK --interval=1s CMD touch /opt/ml/healthcheck"},
		nothing:  nil,
		stranger: {"USER nobody-here"},
	} {
		// What is there already is not made again: on an engine that stays, the old
		// one would stay too.
		sum := sha256.Sum256(fmt.Appendf(files[:len(files):len(files)], "%q", changes))
		mark := hex.EncodeToString(sum[:])
		if there, err := api.ImageInspect(ctx, ref); err == nil && there.Config != nil && there.Config.Labels["made-from"] == mark {
			continue
		}
		changes = append(changes, "LABEL made-from="+mark)
		got, err := api.ImageImport(ctx, client.ImageImportSource{Source: bytes.NewReader(files), SourceName: "-"}, ref, client.ImageImportOptions{Changes: changes})
		if err != nil {
			return fmt.Errorf("import %s: %w", ref, err)
		}
		_, err = io.Copy(io.Discard, got)
		if err := errors.Join(err, got.Close()); err != nil {
			return fmt.Errorf("import %s: %w", ref, err)
		}
	}
	return nil
}

// busyboxFiles is a root file system as a tar archive.
func busyboxFiles() ([]byte, error) {
	const path = "/bin/busybox"
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, errNoEngine{fmt.Errorf("%w (Debian: apt-get install busybox-static)", err)}
	}
	e, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(e.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return nil, errNoEngine{fmt.Errorf("%s is not static (Debian: apt-get install busybox-static)", path)}
	}
	applets, err := exec.Command(path, "--list").Output()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(h tar.Header, content []byte) {
		h.Size = int64(len(content))
		w.WriteHeader(&h)
		w.Write(content)
	}
	add(tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	add(tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil)
	add(tar.Header{Name: "home/app/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 1234, Gid: 1234}, nil)
	add(tar.Header{Name: "bin/busybox", Mode: 0o755}, data)
	for _, name := range strings.Fields(string(applets)) {
		if name != "busybox" {
			add(tar.Header{Name: "bin/" + name, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}, nil)
		}
	}
	for _, dir := range []string{"opt/ml/", "opt/ml/model/"} {
		add(tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil)
		add(tar.Header{Name: dir + "baked", Mode: 0o644}, []byte("by the image"))
	}
	add(tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte("root:x:0:0:root:/root:/bin/sh\napp:x:1234:1234::/home/app:/bin/sh\n"))
	add(tar.Header{Name: "etc/group", Mode: 0o644}, []byte("root:x:0:\napp:x:1234:\nextra:x:77:app\n"))
	return out.Bytes(), w.Close()
}
