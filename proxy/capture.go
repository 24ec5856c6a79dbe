package proxy

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// CaptureSink takes the records of data capture, one at a time. It may take its
// time: meanwhile records wait, and those that no longer fit are left out.
type CaptureSink interface {
	Capture(c Captured)
}

// Captured is a line of the file of a variant (DataCapture-1).
type Captured struct {
	Key     Key
	Variant string
	Time    time.Time
	// Line ends with a line end. It is the sink's to keep.
	Line []byte
}

// recorder makes lines of records, beside the requests.
type recorder struct {
	sink    CaptureSink
	waiting chan *sample
	room    budget
	quit    chan struct{}
	ended   sync.Once
	done    sync.WaitGroup
}

// sample is a request that is captured.
type sample struct {
	Record
	key     Key
	variant string
	capture *Capture
	limit   int64 // of the output
	tooLong bool
}

func newRecorder(sink CaptureSink, bytes int64) *recorder {
	r := &recorder{sink: sink, waiting: make(chan *sample, maxBeside), quit: make(chan struct{}),
		room: budget{limit: bytes, most: maxBeside}}
	r.done.Go(r.run)
	return r
}

// run hands records on until quit, and then those that still wait.
func (r *recorder) run() {
	for {
		select {
		case s := <-r.waiting:
			r.write(s)
			continue
		default:
		}
		select {
		case s := <-r.waiting:
			r.write(s)
		case <-r.quit:
			return
		}
	}
}

func (r *recorder) write(s *sample) {
	r.sink.Capture(Captured{Key: s.key, Variant: s.variant, Time: s.Time, Line: s.capture.Line(s.Record)})
	r.room.free(s.size())
}

func (r *recorder) close() {
	r.ended.Do(func() { close(r.quit) })
	r.done.Wait()
}

// add has a record written, if there is room.
func (r *recorder) add(s *sample) {
	if s.tooLong || !r.room.take(s.size()) {
		return
	}
	r.waiting <- s // as long as there is room for its bytes there is room for it
}

func (s *sample) size() (n int) {
	if s.Input != nil {
		n += len(s.Input.Data)
	}
	if s.Output != nil {
		n += len(s.Output.Data)
	}
	return n
}

// sample decides whether a request is captured; nil is not.
func (p *Proxy) sample(ctx context.Context, e *Endpoint, v *Variant, in *invocation) *sample {
	c := e.Capture
	if c == nil || p.records == nil || c.Percentage < 100 && rand.IntN(100) >= c.Percentage {
		return nil
	}
	s := &sample{key: e.key, variant: v.Name, capture: c, limit: e.Limits.Body,
		Record: Record{EventID: aws.RequestIDFrom(ctx), InferenceID: in.id, Time: in.x.Started}}
	if c.Input {
		in.x.Keep()
		s.Input = &Payload{in.contentType, in.body}
	}
	return s
}

// expect is told how long the answer will be, -1 for unknown, so that nothing is
// gathered of one that is too long to be recorded.
func (s *sample) expect(length int64) {
	if s != nil && length > s.limit {
		s.tooLong = true
	}
}

// part takes a part of the answer in.
func (s *sample) part(contentType string, data []byte) {
	switch {
	case s == nil || !s.capture.Output || s.tooLong:
		return
	case s.Output == nil:
		s.Output = &Payload{ContentType: contentType}
	}
	if s.tooLong = int64(len(s.Output.Data)+len(data)) > s.limit; s.tooLong {
		s.Output.Data = nil
		return
	}
	s.Output.Data = append(slices.Grow(s.Output.Data, len(data)), data...)
}

// captured ends a sample whose answer was good.
func (p *Proxy) captured(s *sample) {
	if s != nil {
		p.records.add(s)
	}
}
