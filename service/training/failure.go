package training

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
)

// maxReason is the length of a FailureReason in characters (CreateTrainingJob-29).
const maxReason = 1024

// internalError begins the reason of a failure of ours (CreateTrainingJob-29).
const internalError = "InternalServerError: "

// clientError is a failure that the user can mend; its text goes into the
// FailureReason as it is.
type clientError struct{ text string }

// Error implements error.
func (e *clientError) Error() string { return e.text }

func userError(format string, args ...any) error { return &clientError{fmt.Sprintf(format, args...)} }

// reasonOf is the FailureReason for an error of ours: its class first
// (CreateTrainingJob-29), then a sentence. ok is false when the error is not
// the user's to mend and the step should be tried again.
func reasonOf(doing string, err error) (reason string, ok bool) {
	var mine *clientError
	var refusal *aws.Error
	var fault *machineError
	switch {
	case errors.As(err, &fault):
		return internalError + fault.text, true
	case errors.As(err, &mine):
		return "ClientError: " + doing + ": " + err.Error(), true
	case errors.As(err, &refusal) && refusal.Code != aws.InternalFailure && refusal.Code != aws.ServiceUnavailable:
		return "ClientError: " + doing + ": " + refusal.Message, true
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, blob.ErrNoSpace), errors.Is(err, syscall.EDQUOT):
		return internalError + doing + ": no space is left on the storage device. Free some space and start the job again.", true
	case errors.Is(err, blob.ErrNoSuchBucket):
		return "ClientError: " + doing + ": the bucket does not exist any more.", true
	}
	return "", false
}

// exitReason is the FailureReason of a program that did not end well: what it
// wrote to /opt/ml/output/failure (TrainContainer-7), else how it ended and the
// last line that it printed.
func exitReason(exit run.Exit, ml, log string, limits run.Limits) string {
	switch {
	case exit.Reason != "":
		return "ClientError: " + exit.Reason
	case exit.DiskFull:
		return fmt.Sprintf("ClientError: the files beneath /opt/ml needed more than the %d GB of the volume. Ask for a larger VolumeSizeInGB.", limits.DiskBytes>>30)
	case exit.OOMKilled:
		return fmt.Sprintf("AlgorithmError: the program was killed because it needed more memory than the %d MiB it may use. Take a larger instance type, or less data.", limits.MemoryBytes>>20)
	}
	if text := readFailure(filepath.Join(ml, "output", "failure")); text != "" && own(ml, "output") {
		return "AlgorithmError: " + text
	}
	how := fmt.Sprintf("the program exited with code %d", exit.Code)
	if exit.Signal != "" {
		how = "the program was ended by the signal " + exit.Signal
	}
	if last := logstream.LastLine(log); last != "" {
		how += "; its last output was: " + last
	}
	return "AlgorithmError: " + how
}

// readFailure reads what the program left to say. The file is the program's, so
// only a regular file is read, and no more than needed.
func readFailure(path string) string {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	buf := make([]byte, 4*maxReason)
	n, _ := f.Read(buf)
	return strings.TrimSpace(strings.ToValidUTF8(string(buf[:n]), "\uFFFD"))
}

// clip cuts a reason to what the API takes.
func clip(reason string) string {
	if utf8.RuneCountInString(reason) <= maxReason {
		return reason
	}
	return string([]rune(reason)[:maxReason])
}
