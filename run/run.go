// Package run is the seam between a job and the machine that runs its program.
//
// A Runner starts programs that outlive the server: a server that dies and
// comes back finds them again by the Handle that was saved, or, when it died
// before saving, by calling Start with the same ID once more. Start and Attach
// are twins: both answer a Process that knows how the program is, or how it
// ended.
//
// Life cycle of one ID: Start (any number of times, one program) → Wait
// answers the Exit, as often as asked → Remove forgets it and frees what it
// held. All methods are safe for concurrent use.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"
)

// Spec is one program of one instance ("host") of a job.
type Spec struct {
	// ID is unique and stable for this program, for example
	// "training/123456789012/us-east-1/mnist/1/algo-1". It makes Start idempotent.
	ID string
	// Hostname is the name the program sees itself under, such as "algo-1".
	Hostname string
	// Image is the container image for runners that run containers, a reference
	// that the engine has; "" for the others.
	Image string
	// Command is the program and its arguments; Command[0] is looked up in
	// Env's PATH when it holds no slash. With an Image it replaces the image's
	// entrypoint and command; empty, the image's own entrypoint runs with Args.
	Command []string
	// Args are the arguments of the image's own entrypoint; without an Image, or
	// with a Command, they must be empty.
	Args []string
	// Env is the complete environment; nothing is inherited from the server.
	Env map[string]string
	// Dir is the working directory, "" for OptML.
	Dir string
	// OptML is the directory on this machine that the program sees as /opt/ml.
	OptML string
	// Mounts are further directories of this machine that the program sees.
	Mounts []Mount
	// Network places the program among its peers.
	Network Network
	// Log is the log stream file (package logstream) that receives every line of
	// standard output and error with its arrival time.
	Log string
	// Limits bound what the program may use; zero members are unlimited.
	Limits Limits
}

// Mount makes a directory of this machine appear to the program.
type Mount struct {
	// Source is the directory on this machine.
	Source string
	// Target is where the program sees it: an absolute path beneath /opt/ml whose
	// directory exists in OptML.
	Target   string
	ReadOnly bool
}

// Network is what a program reaches. The zero value is the machine's own
// network, where Hostname alone resolves.
type Network struct {
	// ID names the network that the hosts of one job share; every Spec of a job
	// carries the same ID and Hosts. It lives from the first Start to the last
	// Remove of its programs.
	ID string
	// Hosts are the names of all hosts on it in order, Hostname among them. Each
	// resolves to an address of its own, from every one of them.
	Hosts []string
	// Isolated closes the network: peers reach each other, and nothing else goes
	// in or out. It needs an ID; a runner whose Traits lack Isolation refuses it
	// in Start.
	Isolated bool
	// Reach are TCP addresses ("127.0.0.1:4600") of this machine that the program
	// reaches under the same address although the network is its own: the server.
	// Ignored where Isolated.
	Reach []string
}

// Traits are what a runner is and can do on this machine. They do not change.
type Traits struct {
	// Name is "process", "docker", "fake".
	Name string
	// Isolation says that Network.Isolated is enforced.
	Isolation bool
	// Interface is the network interface that programs with a Network.ID share
	// with their peers, "eth0", or "lo" where they all live on the machine's own
	// loopback interface, each under an address of its own: there, two that listen
	// on all addresses cannot have the same port.
	Interface string
	// OwnPorts says that each program with a Network.ID has all ports for itself,
	// so that many can listen on the same. Without it they share the machine's, as
	// those without a Network.ID always do: each must be told a port of its own.
	OwnPorts bool
	// Cores is how the names of core files begin that programs leave in their working
	// directory when a signal ends them, as Limits.CoreBytes lets them; "" where there
	// are none, or this machine puts them elsewhere.
	Cores string
}

// Usage is what a program and its descendants have used by a moment; -1 in
// MemoryBytes where that is unknown.
type Usage struct {
	At          time.Time
	CPUTime     time.Duration
	MemoryBytes int64
}

// Limits of one program and all of its descendants together.
type Limits struct {
	// CPUs is the number of processors it may keep busy.
	CPUs float64
	// MemoryBytes ends the program (OOMKilled) when exceeded.
	MemoryBytes int64
	// GPUs are the numbers of the machine's that it may use. A container gets these
	// and no others; a process finds them named in CUDA_VISIBLE_DEVICES.
	GPUs []int
	// DiskBytes ends the program (DiskFull) when it keeps more beneath OptML, what
	// was there at its start included and Mounts not. It is measured every now
	// and then, so that a program may exceed it for a moment.
	DiskBytes int64
	// CoreBytes is the size of the largest core file that it may leave, 0 for none. A
	// runner without Traits.Cores takes no notice.
	CoreBytes int64
	// Processes bounds the number of processes and threads.
	Processes int
	// Wall ends the program with SIGTERM, then SIGKILL after Grace, once it has
	// run that long.
	Wall  time.Duration
	Grace time.Duration
}

// Handle identifies a started program across restarts of the server. It is
// opaque to everyone but the Runner that made it.
type Handle json.RawMessage

// Exit is how a program ended.
type Exit struct {
	// Code is the exit status, -1 when a signal ended it.
	Code int
	// Signal is the signal's name ("SIGKILL") when one ended it.
	Signal string `json:",omitempty"`
	// OOMKilled says that the memory limit ended it.
	OOMKilled bool `json:",omitempty"`
	// DiskFull says that Limits.DiskBytes ended it.
	DiskFull bool `json:",omitempty"`
	// TimedOut says that Limits.Wall ended it.
	TimedOut bool `json:",omitempty"`
	// Reason is set when the program could not be started, for example because
	// its file does not exist; a sentence for the user. Code is then not 0.
	Reason    string `json:",omitempty"`
	StartedAt time.Time
	EndedAt   time.Time
	// MaxMemoryBytes and CPUTime are what it used, 0 when unknown.
	MaxMemoryBytes int64
	CPUTime        time.Duration
}

// OK says that the program ended by itself with status 0.
func (e Exit) OK() bool {
	return e.Code == 0 && e.Signal == "" && e.Reason == "" && !e.OOMKilled && !e.DiskFull
}

// Process is a started program.
type Process interface {
	// Handle is what Attach needs to find it again.
	Handle() Handle
	// Wait blocks until the program and its descendants have ended, or ctx has.
	// ErrLost means that they have certainly ended, but nobody saw how.
	Wait(ctx context.Context) (Exit, error)
	// Stop sends SIGTERM and, after grace, SIGKILL to whatever is left of it. It
	// returns at once, the supervisor sees to the rest; a second Stop may only
	// shorten the grace. Stopping a program that has ended is no error.
	Stop(ctx context.Context, grace time.Duration) error
	// Usage says what the program uses now; ErrLost or an error once it has ended.
	Usage(ctx context.Context) (Usage, error)
	// Dial connects to a TCP port of the program as the program itself would on
	// 127.0.0.1, from wherever the server lives and however closed the program's
	// network is; one that listens on its host's own address or on :: is reached
	// too. Nothing stands between the ends: the connection is the program's own,
	// with TCP_NODELAY, and has CloseWrite. Many may be made at once. Where ports
	// are shared (Traits.OwnPorts), it reaches whoever listens.
	//
	// The error is ErrEnded or ErrLost when the program will never listen again,
	// and passes errors.Is(err, syscall.ECONNREFUSED) when nobody listens, yet or
	// any more. Everything else is the failure of this attempt, among it a program
	// that accepts nothing for ten seconds.
	Dial(ctx context.Context, port int) (net.Conn, error)
}

// ErrEnded is returned by Dial once the program has ended, a moment before Wait
// or a moment after it.
var ErrEnded = errors.New("run: the program has ended")

// ErrLost is returned by Attach and Wait when neither the program nor a record
// of its end exists, for example after a reboot or when its supervisor was
// killed. Nothing of it runs any more. Only after Remove may Start run it again.
var ErrLost = errors.New("run: the program and the record of its end are gone")

// Runner starts programs and finds them again.
type Runner interface {
	// Traits say what it can do here.
	Traits() Traits
	// Start runs the program, or answers the one that already runs, or ran,
	// under the same ID. It returns once the program is held by something that
	// outlives this server, so that a crash right after loses nothing. A program
	// that cannot be executed is started and has ended at once, with a Reason;
	// an error means that the runner itself failed and may be asked again.
	Start(ctx context.Context, s Spec) (Process, error)
	// Attach finds a program by its handle; ErrLost when it is gone.
	Attach(ctx context.Context, h Handle) (Process, error)
	// HandleOf is the handle that the program of that ID has, or would have: for
	// a server that comes back and does not know whether it was started.
	HandleOf(id string) Handle
	// Remove kills what is left of the program and forgets it. It keeps Spec.Log
	// and Spec.OptML, which belong to the caller.
	Remove(ctx context.Context, h Handle) error
}
