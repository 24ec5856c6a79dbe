package asyncinference

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// maxNotified bounds the answers that notifications carry, in bytes (Async-2).
const maxNotified = 128 << 10

// answer is what notifications say of one: its beginning, and whether there was more.
type answer struct {
	contentType string
	data        []byte
	long        bool
	// stream is the log stream of the instance that gave it.
	stream string
}

// take keeps what fits into a notification.
func (a *answer) take(part []byte) {
	if a.long = a.long || len(a.data)+len(part) > maxNotified; a.long {
		a.data = nil
		return
	}
	a.data = append(a.data, part...)
}

// watched reads an answer, and remembers the error that is the container's.
type watched struct {
	r   io.Reader
	a   *answer
	err error
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	w.a.take(b[:n])
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// succeed notes the end of a request whose answer is where it belongs.
func (s *Service) succeed(ctx context.Context, d *driver, r *request, a *answer) (verdict, error) {
	if !r.AnswerToSuccess {
		a = &answer{contentType: a.contentType, long: true}
	}
	return s.close(ctx, d, r, r.SuccessTopic, s.completed(d.w, r, a))
}

// fail writes the failure and notes the end of the request. A failure that cannot be
// written anywhere is only told.
func (s *Service) fail(ctx context.Context, d *driver, r *request, f *failure) (verdict, error) {
	a := &answer{contentType: "text/plain"}
	said := f.answer
	if said == "" {
		said = f.reason
	}
	a.take([]byte(said))
	if r.FailureLocation != "" {
		err := s.put(ctx, d.w, r.FailureLocation, strings.NewReader(said), a.contentType, int64(len(said)))
		if nowhere := (*failure)(nil); errors.As(err, &nowhere) {
			d.logger.Warn("the failure of an asynchronous request cannot be written", "request", r.id, "error", err, "failure", f.reason)
		} else if err != nil {
			return trouble, err
		}
	}
	d.meter.failed(f.expired)
	if !r.AnswerToError || f.answer == "" {
		a.long = true
	}
	return s.close(ctx, d, r, r.ErrorTopic, s.broke(d.w, r, f, a))
}

// close removes a request, and tells its topic, "" for none. A request that is gone
// already has been told of.
func (s *Service) close(ctx context.Context, d *driver, r *request, topic, message string) (verdict, error) {
	err := s.DB.UpdateGuarded(ctx, func(tx *store.Tx) error {
		there, err := remove(tx, r.id)
		if err != nil || !there || topic == "" {
			return err
		}
		return s.Topics.Notify(tx, d.w.scope(), topic, message)
	})
	if err != nil {
		return trouble, err
	}
	return done, nil
}

// resume notes the end of a request whose object an earlier server has written.
func (s *Service) resume(ctx context.Context, d *driver, r *request) (v verdict, found bool, err error) {
	a, found, err := s.written(ctx, d.w, r.OutputLocation)
	if found {
		v, err = s.succeed(ctx, d, r, a)
	}
	if found || err != nil {
		return v, true, err
	}
	if a, found, err = s.written(ctx, d.w, r.FailureLocation); found {
		d.meter.failed(false)
		v, err = s.close(ctx, d, r, r.ErrorTopic, s.broke(d.w, r, &failure{reason: string(a.data)}, &answer{contentType: a.contentType, long: true}))
	}
	if err != nil {
		v = trouble
	}
	return v, found || err != nil, err
}

// written reads an object of a request, if it is there.
func (s *Service) written(ctx context.Context, w work, uri string) (*answer, bool, error) {
	if uri == "" {
		return nil, false, nil
	}
	bucket, key, err := s.place(ctx, w, uri)
	if err != nil {
		return nil, false, notFailure(err)
	}
	body, info, err := s.Objects.Get(ctx, bucket, key, nil)
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	defer body.Close()
	a := &answer{contentType: info.ContentType, long: info.Size > maxNotified}
	if !a.long {
		if a.data, err = io.ReadAll(body); err != nil {
			return nil, false, err
		}
	}
	return a, true, nil
}

// notFailure is err, or nil where it is a failure of the request's own: that comes
// up again when the object is to be written.
func notFailure(err error) error {
	if f := (*failure)(nil); errors.As(err, &f) {
		return nil
	}
	return err
}
