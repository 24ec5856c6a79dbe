// Package process runs programs as processes of this machine (Linux).
//
// # One supervisor a program
//
// Start forks a small supervisor, the same binary executed again with the words
// given to New (cmd/sagebrush calls Supervise for them before anything else).
// It is a session of its own, so nothing that happens to the server reaches it.
// It holds the program: its pipes, its limits, its end.
//
// All that is known about a program is in its state directory,
// <dir>/<sha256 of the ID>:
//
//	lock       flocked by whoever acts for the program: first Start, then the
//	           supervisor, which inherits the locked file, so there is no gap
//	spec.json  the run.Spec, and what the runner found out about the system
//	state.json written right before the program starts: from here on a free
//	           lock without exit.json means that the end is unknown (ErrLost)
//	exit.json  the run.Exit, written atomically and fsynced
//	sock       connect: the supervisor lives; end of file: it has ended; a line
//	           "stop <milliseconds>" is Stop, "usage" is Usage, "dial <port>" is Dial
//	supervisor.err what the supervisor complained about
//
// Beside them, <dir>/net-<sha256 of the ID> is the directory of a network.
//
// The lock makes Start idempotent, also when two servers race or one is killed
// between any two steps: who gets the lock looks whether the program ran, and
// starts it only when it did not.
//
// # What the program sees
//
// Exactly Spec.Env, and SAGEMAKER_BASE_DIR: /opt/ml where the system allows a
// private mount (root, or unprivileged user namespaces), else Spec.OptML itself;
// then values of variables and words of the command that are paths beneath
// /opt/ml are rewritten to it. SAGEBRUSH_RUN marks the program's processes, so
// that they are found when the supervisor was killed. With private mounts
// Spec.Hostname is the machine's name and resolves, to 127.0.0.1 or the host's own
// address. The host's own files are never touched. Programs gain no privileges
// (no_new_privs) and write no core files unless Limits.CoreBytes lets them (cores.go).
//
// Spec.Mounts are bound into the private mounts, read-only ones with all that is
// mounted beneath them. Without private mounts a symbolic link takes the place
// of the empty target directory until the program ends, and what has to be
// read-only is refused. Read-only means the name under /opt/ml: a program that
// has the right to write the source, and knows its own path, can do it there.
//
// # Networks
//
// Spec.Network is made of what the system allows; Traits says which it is.
//
// As root (CAP_SYS_ADMIN, CAP_NET_ADMIN) each host has a network namespace with
// lo and eth0. The eth0 are joined by a bridge, which lives in one more namespace,
// the hub. Only the supervisors hold the hub open: who comes first makes it, the
// next open it through a living peer (they find each other in the network's
// directory), and with the last supervisor the kernel takes the bridge and all
// that hangs on it away, however that ended. Nothing has a name in the machine's
// own namespace, so its addresses, routes and packet filters (a FORWARD policy of
// DROP, also for bridged packets) neither meet the hosts nor matter to them.
// Addresses are derived from the network and the place of the host in it, in
// 100.64.0.0/10, and /etc/hosts has them before the program begins. /sys shows
// the program's own interfaces.
//
// There is no route and no NAT to the outside. What is in Network.Reach the
// supervisor relays, from a listener in the program's namespace to the machine:
// TCP, both ways, half-closed ends included, 512 connections at once. Programs
// reach the outside through a proxy that the server offers there. A program
// cannot bind a port of Reach on the same address, or on all.
//
// Without these rights all hosts live on the machine's loopback interface ("lo"),
// each with an address 127.x.y.z of its own, to which its name resolves. They
// share the machine's ports as far as they listen on all addresses: programs
// must bind the address of their own name. Where names cannot be made to resolve,
// because there are no private mounts either, several hosts are refused.
//
// The server reaches the program's ports by Dial in all of these cases alike: the
// supervisor makes the socket on the thread that the program was forked from, in
// whose namespace it stays for ever, connects it, and passes the descriptor through
// its own socket (SCM_RIGHTS). It keeps no copy, and no data passes through it; a
// server that was restarted asks again. It tries 127.0.0.1, the host's own address,
// and ::1; on a shared loopback interface the host's own address comes first. That
// opens no way for the program: nothing leads from its network to the server.
//
// Isolated means a network namespace without Reach: on the bridge in the first
// case, with lo alone for the only host of a job where user namespaces allow
// that, and otherwise refused. It closes IP and abstract sockets; sockets in the
// file system are files.
//
// # Rights
//
// Programs of a root server are root, with the capabilities that Docker leaves
// to root, except CAP_MKNOD, and CAP_NET_RAW where the network is the machine's:
// they install packages and give files away, but do not mount, unmount, trace
// the server, load modules or configure networks. With private mounts /sys, the
// control groups and the kernel's settings in /proc are read-only for them. They
// can still write other files of the machine that root may write, its devices
// included, and send signals to other processes of root. Other users' programs
// have no capabilities.
//
// With private mounts the program finds the server's own directory (Hide) empty:
// no database, no keys, no sockets of supervisors, no files of other jobs. It can
// neither write there nor take the mount away.
//
// # Limits
//
// With cgroups (v1 or v2, where this process may make some) memory, CPUs and
// processes are limited by the kernel. Without them memory is measured every
// 100 ms and the program ended beyond its limit, CPUs are an affinity rounded up
// to whole processors, and the number of processes is not limited.
//
// Space on disk is measured by a walk through OptML: soon when the file system
// has grown by more than the program has left, else every now and then, and never
// for more than a tenth of the time. What is deleted but still open is not seen.
//
// # The end
//
// A program has ended when its first process has; what that left behind is
// killed: by cgroup.kill, or else process by process, because the supervisor is
// a subreaper and every orphan becomes its child. When the supervisor itself is
// killed, the kernel kills the program's first process, and whoever asks next
// (Wait, Attach, Start, Remove) kills the rest and answers run.ErrLost.
package process
