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
//	spec.json  the run.Spec
//	state.json written right before the program starts: from here on a free
//	           lock without exit.json means that the end is unknown (ErrLost)
//	exit.json  the run.Exit, written atomically and fsynced
//	sock       connect: the supervisor lives; end of file: it has ended; a line
//	           "stop <milliseconds>" is Stop
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
// /opt/ml are rewritten to it. SAGEBRUSH_RUN marks the program's processes, so that they
// are found when the supervisor was killed. With a private mount Spec.Hostname
// is the machine's name and resolves to 127.0.0.1. The host's own files are
// never touched. Programs gain no privileges (no_new_privs) and write no core
// files.
//
// # Limits
//
// With cgroups (v1 or v2, where this process may make some) memory, CPUs and
// processes are limited by the kernel. Without them memory is measured every
// 100 ms and the program ended beyond its limit, CPUs are an affinity rounded up
// to whole processors, and the number of processes is not limited.
//
// # The end
//
// A program has ended when its first process has; what that left behind is
// killed: by cgroup.kill, or else process by process, because the supervisor is
// a subreaper and every orphan becomes its child. When the supervisor itself is
// killed, the kernel kills the program's first process, and whoever asks next
// (Wait, Attach, Start, Remove) kills the rest and answers run.ErrLost.
package process
