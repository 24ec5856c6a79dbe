//go:build linux

package process_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// harm is a program that tries what it may not do and says what it could, then
// what it may do and says what it could not. Its argument is the server's
// process.
func harm(args []string) int {
	server := args[0]
	pid, _ := strconv.Atoi(server)
	dir := os.Getenv("SAGEMAKER_BASE_DIR")
	open := func(path string, flags int) error {
		f, err := os.OpenFile(path, flags, 0)
		if err == nil {
			f.Close()
		}
		return err
	}
	forbidden := map[string]func() error{
		"unmount":          func() error { return unix.Unmount(dir, unix.MNT_DETACH) },
		"mount":            func() error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "") },
		"make a device":    func() error { return unix.Mknod(dir+"/device", unix.S_IFBLK|0o600, 0x0800) },
		"load a module":    func() error { return unix.InitModule([]byte("x"), "") },
		"trace the server": func() error { return unix.PtraceSeize(pid) },
		"read its memory":  func() error { return open("/proc/"+server+"/mem", os.O_RDONLY) },
		"enter its mounts": func() error { return open("/proc/"+server+"/ns/mnt", os.O_RDONLY) },
		"leave its groups": func() error { return open("/sys/fs/cgroup/cgroup.procs", os.O_WRONLY) },
		"leave these":      func() error { return open("/sys/fs/cgroup/memory/tasks", os.O_WRONLY) },
		"and these":        func() error { return open("/sys/fs/cgroup/unified/cgroup.procs", os.O_WRONLY) },
		"route packets":    func() error { return open("/proc/sys/net/ipv4/ip_forward", os.O_WRONLY) },
		"catch cores":      func() error { return open("/proc/sys/kernel/core_pattern", os.O_WRONLY) },
		"restart":          func() error { return open("/proc/sysrq-trigger", os.O_WRONLY) },
		"change /sys":      func() error { return open("/sys/kernel/mm/transparent_hugepage/enabled", os.O_WRONLY) },
		"own mounts":       func() error { return unix.Unshare(unix.CLONE_NEWNS) },
		"own network":      func() error { return unix.Unshare(unix.CLONE_NEWNET) },
		"name the host":    func() error { return unix.Sethostname([]byte("mine")) },
		"use ports":        func() error { return unix.Iopl(3) },
		"go first":         func() error { return unix.Setpriority(unix.PRIO_PROCESS, 0, -5) },
		"switch lo off": func() error {
			return netlink.LinkSetDown(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}})
		},
		"add an address": func() error {
			a, _ := netlink.ParseAddr("127.9.9.9/32")
			return netlink.AddrAdd(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}, a)
		},
	}
	for name, try := range forbidden {
		err := try()
		if errors.Is(err, unix.EROFS) || errors.Is(err, unix.ENOENT) {
			continue
		}
		if errors.Is(err, unix.ENOSYS) && (name == "load a module" || name == "use ports") {
			continue // this kernel can do it for nobody
		}
		if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
			fmt.Println("could", name, err)
		}
	}
	if os.Geteuid() == 0 {
		file := filepath.Join(dir, "file")
		err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chown(file, 1234, 5678), os.WriteFile(file, []byte("x"), 0o600),
			os.Chmod(file, 0o4755), os.Chown(file, 0, 0))
		if err != nil {
			fmt.Println("could not", err)
		}
		l, err := net.Listen("tcp4", "127.0.0.7:80")
		if err != nil {
			fmt.Println("could not bind port 80:", err)
		} else {
			l.Close()
		}
	}
	fmt.Println("tried")
	return 0
}

// TestRights: a program of a root server cannot undo what keeps it apart, nor
// harm the machine, and can do what installers do. Anybody else's has no rights
// at all.
func TestRights(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, t.TempDir())
	for _, network := range []bool{false, true} {
		s := script(t, fmt.Sprint("x", network), `grep -E "^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)" /proc/self/status; exec "$@"`)
		s.Command = append(s.Command, "sh", binary, "harm", strconv.Itoa(os.Getpid()))
		want := uint64(0)
		if os.Geteuid() == 0 {
			// chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
			// net_bind_service, sys_chroot, audit_write, setfcap
			want = 1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<18 | 1<<29 | 1<<31
		}
		if network {
			s.Hostname = "algo-1"
			s.Network.ID, s.Network.Hosts = "n", []string{"algo-1", "algo-2"}
			if r.Traits().Interface != "lo" {
				want |= 1 << unix.CAP_NET_RAW
			}
		}
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := p.Wait(t.Context()); err != nil || !e.OK() {
			t.Errorf("%+v, %v", e, err)
		}
		got := messages(t, s.Log)
		if len(got) != 7 || got[6] != "tried" {
			t.Fatalf("it said %q", got)
		}
		cap := fmt.Sprintf("%016x", want)
		if os.Geteuid() == 0 && !slices.Equal(got[:6], []string{"CapInh:\t0000000000000000", "CapPrm:\t" + cap, "CapEff:\t" + cap, "CapBnd:\t" + cap, "CapAmb:\t0000000000000000", "NoNewPrivs:\t1"}) {
			t.Errorf("it has %q, want %s", got, cap)
		}
		if os.Geteuid() != 0 && strings.Count(strings.Join(append(got[:3:3], got[4]), ""), "\t0000000000000000") != 4 {
			t.Errorf("it has %q", got)
		}
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Error(err)
		}
	}
}
