package asyncinference

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// journal writes what became of requests to the data-log streams of the instances
// that had them (Host-8). A line that cannot be written is left out.
type journal struct {
	mu      sync.Mutex
	writers map[string]*logstream.Writer
}

// write adds a line; stream is that of the instance, or of one of its containers.
func (d *driver) write(ctx context.Context, stream string, r *request, line string) {
	parts := strings.Split(stream, "/")
	if d.s.Streams == nil || len(parts) < 2 {
		return
	}
	stream = parts[0] + "/" + parts[1] + "/data-log"
	now := d.s.Now()
	w, err := d.journal.open(ctx, d, stream)
	if err == nil {
		line = strings.Map(func(c rune) rune {
			if c < ' ' {
				return ' '
			}
			return c
		}, line)
		err = w.WriteLine(now, fmt.Appendf(nil, "%s:[sagemaker logs] [%s] %s\n", now.UTC().Format("2006-01-02T15:04:05.000"), r.InferenceID, line))
	}
	if err != nil && ctx.Err() == nil {
		d.logger.Warn("a line of a data log could not be written", "stream", stream, "error", err)
	}
}

// succeeded is the line of an answer.
func succeeded(took, waited time.Duration) string {
	return fmt.Sprintf("Inference request succeeded. ModelLatency: %d us, TimeInBacklog: %d ms, TotalProcessingTime: %d ms",
		took.Microseconds(), waited.Milliseconds(), (took + waited).Milliseconds())
}

// streamOf is the log stream that a container's error names, "" for none.
func streamOf(err error) string {
	var e *aws.Error
	if !errors.As(err, &e) {
		return ""
	}
	arn, _ := e.Details["LogStreamArn"].(string)
	_, stream, _ := strings.Cut(arn, ":log-stream:")
	return stream
}

// open gives the writer of a stream.
func (j *journal) open(ctx context.Context, d *driver, stream string) (*logstream.Writer, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if w := j.writers[stream]; w != nil {
		return w, nil
	}
	var path string
	err := d.s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		path, err = d.s.Streams.Create(tx, d.w.scope(), "/aws/sagemaker/Endpoints/"+d.w.Endpoint, stream)
		return err
	})
	if err != nil {
		return nil, err
	}
	w, err := logstream.NewWriter(path)
	if err != nil {
		return nil, err
	}
	if j.writers == nil {
		j.writers = map[string]*logstream.Writer{}
	}
	j.writers[stream] = w
	return w, nil
}

// close ends all streams; another driver may go on with them.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range j.writers {
		_ = w.Close()
	}
	j.writers = nil
}
