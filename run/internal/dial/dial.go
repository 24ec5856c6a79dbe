// Package dial is how the server gets a connection to a port of a program that
// lives in a network of its own: who holds the program (the supervisor of
// run/process, the first process of a container of run/docker) makes it there and
// hands it over through the unix socket on which it takes requests. From then on
// it is the server's like any other; who made it keeps no copy.
//
// The server asks a line, and the answer is a line: "ok" with the connection in
// its ancillary data (SCM_RIGHTS), "ended", or "error <errno> <text>". Who asks
// through a socket that the program could have replaced puts a seal around it.
package dial

import (
	"context"
	"errors"
	"time"
)

const (
	// Time is how long the program may take to accept a connection.
	Time = 10 * time.Second
	// patience is how long the server tries in all, more than Time.
	patience = 15 * time.Second
	// atOnce is how many connections a holder makes at once; more wait.
	atOnce = 256
	// maxAnswer bounds an answer, in bytes.
	maxAnswer = 1 << 10
)

// Answers.
const (
	answerOK    = "ok"
	answerEnded = "ended"
	answerError = "error %d %s"
	// unknown is what holders answer to a request that they do not know.
	unknown = "unknown request"
)

// Request is the beginning of the line that asks for a connection; the port
// follows.
const Request = "dial "

// ErrGone says that the holder went away without an answer: it has ended, or does
// so now.
var ErrGone = errors.New("the connection to it broke")

// ErrOld says that the holder is of a version that makes no connections.
var ErrOld = errors.New("it was started by a version of this server that could not reach ports of programs; stop it and start it anew")

// errSilent is why an attempt was given up.
var errSilent = errors.New("who holds the program does not answer")

// Within is the context of one attempt, which does not last for ever.
func Within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, errSilent)
}
