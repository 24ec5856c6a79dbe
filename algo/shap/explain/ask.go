package explain

import (
	"bytes"
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/aws"
)

// Payload is a body and what it is.
type Payload struct {
	ContentType string
	Data        []byte
}

// Model asks the container. Its errors go to the client as they are.
type Model func(ctx context.Context, body []byte, contentType string) (Payload, error)

// asking is a series of rows that the model is asked about, in requests that it can
// take (CreateEndpointConfig-13).
type asking struct {
	*Explainer
	model       Model
	contentType string
	// take gets the predictions of the rows from the first-th on, and the answer that
	// had them.
	take func(first int, list []prediction, answer Payload) error

	rows  [][]byte
	size  int // of rows, with the ends of the lines
	first int // of rows among all
}

// add puts one more row in, and asks when there are enough.
func (a *asking) add(ctx context.Context, row []byte) error {
	if len(row) > a.bytes {
		return aws.Errorf(aws.ValidationError, "A record for the model has %d bytes, and MaxPayloadInMB allows %d in a request. Raise it, or send shorter records.", len(row), a.bytes)
	}
	if len(a.rows) > 0 && a.size+len(row) > a.bytes {
		if err := a.flush(ctx); err != nil {
			return err
		}
	}
	a.rows = append(a.rows, row)
	if a.size += len(row) + 1; len(a.rows) >= a.limit() {
		return a.flush(ctx)
	}
	return nil
}

// limit is how many records a request has at most.
func (a *asking) limit() int {
	if a.records > 0 {
		return a.records
	}
	if n := int(a.found.Load()); n > 0 {
		return n
	}
	return beginRecords
}

// flush asks about the rows that are there.
func (a *asking) flush(ctx context.Context) error {
	rows, first := a.rows, a.first
	a.rows, a.size, a.first = nil, 0, first+len(rows)
	if len(rows) == 0 {
		return nil
	}
	return a.send(ctx, first, rows, bytes.Join(rows, []byte("\n")))
}

// send asks about rows, whose body is given. Where the number of records is to be
// found out, what does not succeed is asked again by halves.
func (a *asking) send(ctx context.Context, first int, rows [][]byte, body []byte) error {
	answer, err := a.model(ctx, body, a.contentType)
	var list []prediction
	if err == nil {
		if list, err = a.selectors.read(answer.ContentType, answer.Data, len(rows)); err == nil {
			return a.take(first, list, answer)
		}
		var m miscount
		if !errors.As(err, &m) || a.records > 0 || len(rows) == 1 {
			return unreadable(err)
		}
	} else if a.records > 0 || len(rows) == 1 || ctx.Err() != nil {
		return err
	}
	half := (len(rows) + 1) / 2
	for _, part := range []struct{ from, to int }{{0, half}, {half, len(rows)}} {
		some := rows[part.from:part.to]
		if err := a.send(ctx, first+part.from, some, bytes.Join(some, []byte("\n"))); err != nil {
			return err
		}
		if n := a.found.Load(); n == 0 || n > int64(half) {
			a.found.Store(int64(half)) // it took the half of what it did not take
		}
	}
	return nil
}

// unreadable is an answer of the model that cannot be explained. The container did
// answer, with 200, so that only what it said is at fault.
func unreadable(err error) error {
	message := "The model's answer cannot be explained: " + err.Error() + "."
	return &aws.Error{Code: aws.ModelError, Message: message, Cause: err,
		Details: map[string]any{"OriginalStatusCode": 200, "OriginalMessage": message}}
}
