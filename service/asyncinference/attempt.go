package asyncinference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/proxy"
)

const (
	// maxInput bounds the object that is sent to a container, in bytes (Async-1).
	maxInput = 1 << 30
	// maxCrashes is how often a request is tried whose container ends before it answers.
	maxCrashes = 3
	// maxTroubles is how often one is tried that meets errors which are not its own.
	maxTroubles = 8
)

// verdict says what becomes of a request after an attempt.
type verdict int

const (
	// done is a request that has ended; it is no more.
	done verdict = iota
	// busy is one that no instance can take at the moment.
	busy
	// crashed is one whose container ended before it had answered.
	crashed
	// trouble is one that met an error which is neither its own nor the container's.
	trouble
)

// failure is the end of a request without an answer.
type failure struct {
	// reason is a sentence for the notification.
	reason string
	// answer is what the container said, "" for nothing.
	answer  string
	expired bool
}

// Error implements error.
func (f *failure) Error() string { return f.reason }

func failed(format string, args ...any) error { return &failure{reason: fmt.Sprintf(format, args...)} }

// attempt tries to answer a request.
func (s *Service) attempt(ctx context.Context, d *driver, r *request) (verdict, error) {
	if r.acceptedAt.Before(d.began) || r.Troubles > 0 { // its answer may be there already
		if v, found, err := s.resume(ctx, d, r); found || err != nil {
			return v, err
		}
	}
	begun := s.Now()
	a, err := s.ask(ctx, d.w, r)
	var f *failure
	switch code := aws.CodeOf(err); {
	case err == nil:
		took, waited := s.Now().Sub(begun), begun.Sub(r.acceptedAt)
		d.meter.answered(took, waited)
		d.write(ctx, a.stream, r, succeeded(took, waited))
		return s.succeed(ctx, d, r, a)
	case ctx.Err() != nil:
		return trouble, ctx.Err()
	case errors.As(err, &f):
		return s.fail(ctx, d, r, f)
	case code == aws.ServiceUnavailable || code == aws.ThrottlingException:
		return busy, err
	case proxy.Crashed(err) && r.Crashes+1 < maxCrashes:
		return crashed, err
	case code == aws.ModelError || code == aws.ValidationError:
		d.write(ctx, streamOf(err), r, "Inference request failed. "+refusal(err).reason)
		return s.fail(ctx, d, r, refusal(err))
	case r.Troubles+1 >= maxTroubles:
		return s.fail(ctx, d, r, &failure{reason: "The request could not be answered because of an internal error: the input could not be read, or the answer not be written."})
	}
	return trouble, err
}

// refusal is the failure that a container's error, or one of the data path, is.
func refusal(err error) *failure {
	var e *aws.Error
	if !errors.As(err, &e) {
		return &failure{reason: err.Error()}
	}
	f := &failure{reason: e.Message}
	if status, _ := e.Details["OriginalStatusCode"].(int); status != 0 {
		f.answer, _ = e.Details["OriginalMessage"].(string)
	}
	return f
}

// ask sends the input to a container, and its answer to where it belongs.
func (s *Service) ask(ctx context.Context, w work, r *request) (*answer, error) {
	input, info, err := s.open(ctx, w, r.InputLocation)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	kind := r.ContentType
	if kind == "" {
		kind = info.ContentType
	}
	reply, err := s.Containers.Ask(ctx, proxy.Question{
		Key: w.route(), ContentType: kind, Accept: r.Accept, Custom: r.Custom, ID: r.InferenceID, EventID: r.id,
		Body: input, Length: info.Size, Time: time.Duration(r.InvocationSeconds) * time.Second,
	})
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	a := &answer{contentType: reply.ContentType, stream: reply.LogStream}
	from := &watched{r: reply, a: a}
	if r.OutputLocation == "" {
		_, err = io.Copy(io.Discard, from)
		if err == nil && a.long {
			err = failed("The answer exceeds the %d bytes of a notification, and the endpoint's configuration has no S3OutputPath for it.", maxNotified)
		}
		return a, err
	}
	err = s.put(ctx, w, r.OutputLocation, from, reply.ContentType, reply.Length)
	if from.err != nil {
		return nil, from.err
	}
	return a, err
}

// open opens the input.
func (s *Service) open(ctx context.Context, w work, uri string) (io.ReadCloser, blob.Info, error) {
	bucket, key, err := s.place(ctx, w, uri)
	if err != nil {
		return nil, blob.Info{}, err
	}
	body, info, err := s.Objects.Get(ctx, bucket, key, nil)
	switch {
	case errors.Is(err, blob.ErrNoSuchKey), errors.Is(err, blob.ErrNoSuchBucket):
		return nil, info, failed("The input %s could not be read: there is no such object.", uri)
	case err != nil:
		return nil, info, fmt.Errorf("open %s: %w", uri, err)
	case info.Size > maxInput:
		_ = body.Close()
		return nil, info, failed("The input %s has %d bytes; at most %d are sent to a model.", uri, info.Size, maxInput)
	}
	return body, info, nil
}

// place is the bucket and key of an object that is the endpoint's owner's.
func (s *Service) place(ctx context.Context, w work, uri string) (bucket, key string, err error) {
	if bucket, key, err = blob.ParseURI(uri); err != nil {
		return "", "", failed("%s.", err)
	}
	b, err := s.Objects.GetBucket(ctx, bucket)
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket) || err == nil && b.Account != w.Account:
		return "", "", failed("%s is out of reach: the account %s has no bucket %s.", uri, w.Account, bucket)
	case err != nil:
		return "", "", fmt.Errorf("find the bucket of %s: %w", uri, err)
	case !s.ForeignRegions && b.Region != w.Region:
		return "", "", failed("%s is out of reach: the bucket %s is in %s, and the endpoint in %s.", uri, bucket, b.Region, w.Region)
	}
	return bucket, key, nil
}

// put writes an object; a negative size is not known.
func (s *Service) put(ctx context.Context, w work, uri string, body io.Reader, contentType string, size int64) error {
	bucket, key, err := s.place(ctx, w, uri)
	if err != nil {
		return err
	}
	_, err = s.Objects.Put(ctx, bucket, key, body, blob.PutOptions{Size: size, Info: blob.Info{ContentType: contentType}})
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket), errors.Is(err, blob.ErrInvalidKey), errors.Is(err, blob.ErrTooLarge):
		return failed("%s could not be written: %s.", uri, err)
	case err != nil:
		return fmt.Errorf("write %s: %w", uri, err)
	}
	return nil
}
