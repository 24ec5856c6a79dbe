package inside

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/dial"
)

// Where the container finds what the server gave it.
const (
	// Root is the directory of all that is not the image's.
	Root = "/.sagebrush"
	// Init is this binary.
	Init = Root + "/init"
	// Shared is the directory shared with the server: the plan, the record of
	// the end, the socket for requests, the sockets that lead to the server.
	Shared = Root + "/run"
	// Log is the log stream file.
	Log = Root + "/log"
	// Volume is OptML without what is mounted beneath it, where space is limited.
	Volume = Root + "/ml"
	// OptML is where programs of SageMaker expect their files.
	OptML = "/opt/ml"
)

// Names of files in Shared.
const (
	// PlanFile is a Plan as JSON, written by the server and gone once it was read.
	PlanFile = "plan.json"
	// StartedFile exists once the program was begun; it runs once only.
	StartedFile = "started"
	// ExitFile is a Record as JSON, written last of all.
	ExitFile = "exit.json"
	// SockFile is the socket that takes StopLine and answers its Seal, and DialLine
	// and answers a SealedAnswer. A connection lasts until the container's end.
	SockFile = "sock"
	// ReachFile, with the number of the address behind it, is a socket of the
	// server that leads to that address of the machine.
	ReachFile = "reach-"
)

// What Main does, as its first argument.
const (
	// Run holds the program of the plan.
	Run = "run"
	// GiveBack gives files to their owner: user, group, directories ….
	GiveBack = "give-back"
)

// Threads is how many threads this process may have at most; docker.New adds
// them to the limit of the program's processes, which counts threads.
const Threads = 16

// Plan is what the first process does.
type Plan struct {
	// Secret is what the Record must bear and what answers are sealed with. The
	// program does not know it, so it can neither write its own end nor pretend
	// to have been told to stop.
	Secret string
	// Command is the program and its arguments.
	Command []string
	// Dir is the working directory, "" for the image's.
	Dir string
	// User is the image's USER; "" for root.
	User string
	// Home says that HOME was set on purpose.
	Home bool
	// Wall and Grace are those of run.Limits.
	Wall, Grace time.Duration
	// WatchMemory says that memory is limited.
	WatchMemory bool
	// DiskBytes is that of run.Limits.
	DiskBytes int64
	// Reach are addresses of the machine to open here.
	Reach []string
	// Own says that the container's network is not the machine's.
	Own bool
	// Owner gets everything beneath OptML in the end, except what lies beneath
	// Foreign; nil leaves owners as they are.
	Owner *Owner
	// Foreign are directories beneath OptML that are mounted to be read only.
	Foreign []string
}

// Owner is a user and a group by number.
type Owner struct{ UID, GID int }

// Record is how the program ended.
type Record struct {
	Secret string
	Exit   run.Exit
}

// StopLine asks for SIGTERM, and SIGKILL after the grace. The nonce makes its
// Seal one that was not seen before.
func StopLine(grace time.Duration, nonce string) string {
	return fmt.Sprintf("stop %d %s", max(grace, 0).Milliseconds(), nonce)
}

// DialLine asks for a connection to a port of the program, see package dial.
func DialLine(port int, nonce string) string {
	return fmt.Sprintf("%s%d %s", dial.Request, port, nonce)
}

// SealedAnswer is the answer to a line with the proof that it is one.
func SealedAnswer(secret, line, answer string) string {
	return Seal(secret, line+"\n"+answer) + " " + answer
}

// OpenAnswer is what SealedAnswer has sealed.
func OpenAnswer(secret, line, sealed string) (string, error) {
	_, answer, _ := strings.Cut(sealed, " ")
	if !hmac.Equal([]byte(sealed), []byte(SealedAnswer(secret, line, answer))) {
		return "", errors.New("something in the container has taken the place of its first process")
	}
	return answer, nil
}

// Seal proves that whoever answers a line has read the plan.
func Seal(secret, line string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(line))
	return hex.EncodeToString(mac.Sum(nil))
}
