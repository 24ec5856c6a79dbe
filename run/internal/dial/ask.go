package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
)

// CheckPort finds a number that is no TCP port.
func CheckPort(port int) error {
	if port < 1 || port > 1<<16-1 {
		return fmt.Errorf("%d is no TCP port", port)
	}
	return nil
}

// Ask sends the line to a program's holder and answers the connection that it
// hands over; ctx is of Within. open, which may be nil, takes the seal off an
// answer. It closes the holder's connection.
//
// The errors are run.ErrEnded, ErrGone, ErrOld, the errno of the holder's attempt,
// what open refused, and the cause of ctx.
func Ask(ctx context.Context, holder net.Conn, line string, open func(answer string) (string, error)) (net.Conn, error) {
	defer holder.Close()
	via, ok := holder.(*net.UnixConn)
	if !ok {
		return nil, errors.New("connections come through unix sockets only")
	}
	stop := context.AfterFunc(ctx, func() { holder.Close() })
	defer stop()
	conn, err := ask(via, line, open)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
	}
	return conn, err
}

func ask(via *net.UnixConn, line string, open func(string) (string, error)) (net.Conn, error) {
	if _, err := fmt.Fprintln(via, line); err != nil {
		return nil, ErrGone
	}
	answer, file, err := receive(via)
	if file != nil {
		defer file.Close() // the connection is made of a copy
	}
	switch {
	case err != nil:
		return nil, err
	case answer == unknown:
		return nil, ErrOld
	case open != nil:
		if answer, err = open(answer); err != nil {
			return nil, err
		}
	}
	var errno int
	var word string
	n, _ := fmt.Sscanf(answer, answerError, &errno, &word)
	switch {
	case answer == answerEnded:
		return nil, run.ErrEnded
	case n == 2:
		return nil, attemptError{unix.Errno(errno), strings.SplitN(answer, " ", 3)[2]}
	case answer != answerOK || file == nil:
		return nil, fmt.Errorf("it answers %.100q", answer)
	}
	return connection(file)
}

// attemptError is why the holder could not connect.
type attemptError struct {
	errno unix.Errno
	text  string
}

func (e attemptError) Error() string { return e.text }
func (e attemptError) Unwrap() error { return e.errno }

// receive reads a line and the descriptor that comes with it, or nil. What comes
// beyond one descriptor the kernel closes.
func receive(via *net.UnixConn) (line string, file *os.File, err error) {
	var text []byte
	buf, control := make([]byte, maxAnswer), make([]byte, unix.CmsgSpace(4))
	for {
		n, rights, _, _, err := via.ReadMsgUnix(buf, control) // sets close-on-exec
		for _, fd := range descriptors(control[:max(rights, 0)]) {
			if file != nil {
				file.Close()
			}
			file = os.NewFile(uintptr(fd), "connection")
		}
		text = append(text, buf[:max(n, 0)]...)
		if whole, ok := strings.CutSuffix(string(text), "\n"); ok {
			return whole, file, nil
		}
		if err != nil || n <= 0 {
			return "", file, ErrGone
		}
		if len(text) > maxAnswer {
			return "", file, errors.New("its answer is too long")
		}
	}
}

// descriptors are what came with a message.
func descriptors(control []byte) []int {
	messages, _ := unix.ParseSocketControlMessage(control)
	var all []int
	for i := range messages {
		fds, _ := unix.ParseUnixRights(&messages[i])
		all = append(all, fds...)
	}
	return all
}

// connection makes a connection of a copy of the descriptor.
func connection(file *os.File) (net.Conn, error) {
	c, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("what it handed over is no connection: %w", err)
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		c.Close()
		return nil, errors.New("what it handed over is no TCP connection")
	}
	if err := tcp.SetNoDelay(true); err != nil {
		tcp.Close()
		return nil, err
	}
	return tcp, nil
}
