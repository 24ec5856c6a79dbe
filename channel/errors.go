package channel

import (
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/blob"
)

// Error is a failure that the user can mend. Its text is a sentence without the
// channel's name or with it, fit for "ClientError: …" in a FailureReason.
type Error struct{ Reason string }

// Error implements error.
func (e *Error) Error() string { return e.Reason }

// failed is an Error.
func failed(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// inChannel says of which channel err speaks.
func inChannel(name string, err error) error {
	var mine *Error
	if errors.As(err, &mine) {
		return failed("channel %q: %s", name, mine.Reason)
	}
	return fmt.Errorf("channel %q: %w", name, err)
}

// vanished explains an object that went away between listing and reading.
func vanished(o *object, err error) error {
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket) {
		return failed("the object %s was deleted while the job was being prepared", o.uri())
	}
	return err
}

// changed is about an object that is not what was listed any more.
func changed(o *object) error {
	return failed("the object %s was overwritten while the job was being prepared", o.uri())
}
