package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// maxMessage bounds OriginalMessage and Message, as the model does.
const maxMessage = 2048

// timeoutMessage is in the words that programs look for.
const timeoutMessage = "Your invocation timed out while waiting for a response from container %s. " +
	"Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."

// logGroup is where the containers of an endpoint log (Host-8).
func (k Key) logGroup() string { return "/aws/sagemaker/Endpoints/" + k.Name }

// modelError is what the client reads of a container that did not answer well:
// status is that of its answer, 0 when there was none (InvokeEndpoint-2).
func modelError(k Key, i *Instance, c *container, status int, message string) *aws.Error {
	message = strings.ToValidUTF8(message, "\uFFFD")
	side := "server"
	if status >= 400 && status < 500 {
		side = "client"
	}
	group := k.logGroup()
	arn := aws.ARN{Partition: aws.Partition(k.Region), Service: "logs", Region: k.Region, Account: k.Account, Resource: "log-group:" + group}
	if i != nil && i.LogStream != "" {
		arn.Resource += ":log-stream:" + i.LogStream
	}
	said := clip(message, maxMessage)
	return &aws.Error{
		Code: aws.ModelError,
		Message: clip(fmt.Sprintf("Received %s error (%d) from %s with message \"%s\". See the log group %s of account %s for more information.",
			side, status, c.Hostname, clip(message, maxMessage/2), group, k.Account), maxMessage),
		Details: map[string]any{"OriginalStatusCode": status, "OriginalMessage": said, "LogStreamArn": arn.String()},
	}
}

// broken is modelError for an exchange that failed on the way.
func broken(ctx context.Context, k Key, i *Instance, c *container, limit time.Duration, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	message := "The container's answer broke off: " + err.Error() + "."
	var g garbage
	switch {
	case isTimeout(err):
		message = fmt.Sprintf(timeoutMessage+" The limit is %v.", c.Hostname, limit)
	case errors.As(err, &g):
		message = "T" + g.Error()[1:] + "."
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		message = "The container closed the connection before its answer was whole: it may have crashed."
	}
	e := modelError(k, i, c, 0, message)
	e.Cause = err
	return e
}

// clip shortens s to at most n bytes, at a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}
