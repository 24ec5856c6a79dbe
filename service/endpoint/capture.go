package endpoint

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/proxy"
)

// How captured records are written: a file of each variant every so often, sooner
// when there is much, and never more held back than capturesHeld.
const (
	captureTick  = 2 * time.Second
	captureFile  = 1 << 20
	capturesHeld = 64 << 20
)

// Objects is where captured records are put; a blob.Store is one.
type Objects interface {
	GetBucket(ctx context.Context, name string) (blob.Bucket, error)
	Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error)
}

// Captures writes what the data path records to the endpoints' destinations, as
// DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/….jsonl (DataCapture-1).
type Captures struct {
	objects Objects
	logger  *slog.Logger
	full    chan struct{}
	quit    chan struct{}
	ended   sync.WaitGroup

	mu           sync.Mutex
	destinations map[proxy.Key]string
	files        map[captured]*bytes.Buffer
	held         int
}

// captured names a file to be: what one variant recorded in one hour.
type captured struct {
	account, destination, endpoint, variant, hour string
}

// NewCaptures begins to write. Close ends it, and not the end of ctx.
func NewCaptures(ctx context.Context, objects Objects, logger *slog.Logger) *Captures {
	ctx = context.WithoutCancel(ctx)
	c := &Captures{objects: objects, logger: logger, full: make(chan struct{}, 1), quit: make(chan struct{}),
		destinations: map[proxy.Key]string{}, files: map[captured]*bytes.Buffer{}}
	c.ended.Go(func() { c.run(ctx) })
	return c
}

// route says where the records of an endpoint go, "" for nowhere.
func (c *Captures) route(k proxy.Key, destination string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if destination == "" {
		delete(c.destinations, k)
	} else {
		c.destinations[k] = strings.TrimSuffix(destination, "/")
	}
}

// Capture implements proxy.CaptureSink. Records of an endpoint that is gone, and
// more than may be held back, are left out.
func (c *Captures) Capture(r proxy.Captured) {
	c.mu.Lock()
	defer c.mu.Unlock()
	destination := c.destinations[r.Key]
	if destination == "" {
		return
	}
	if c.held+len(r.Line) > capturesHeld {
		c.logger.Warn("a captured record is left out, because too many wait to be written", "endpoint", r.Key.Name)
		return
	}
	name := captured{r.Key.Account, destination, r.Key.Name, r.Variant, r.Time.UTC().Format("2006/01/02/15")}
	file := c.files[name]
	if file == nil {
		file = &bytes.Buffer{}
		c.files[name] = file
	}
	file.Write(r.Line)
	c.held += len(r.Line)
	if file.Len() >= captureFile {
		select {
		case c.full <- struct{}{}:
		default:
		}
	}
}

func (c *Captures) run(ctx context.Context) {
	tick := time.NewTicker(captureTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-c.full:
		case <-c.quit:
			c.write(ctx)
			return
		}
		c.write(ctx)
	}
}

// write puts everything that waits; what cannot be put waits for the next time.
func (c *Captures) write(ctx context.Context) {
	c.mu.Lock()
	files := c.files
	c.files = map[captured]*bytes.Buffer{}
	c.mu.Unlock()
	for name, file := range files {
		err := c.put(ctx, name, file.Bytes())
		c.mu.Lock()
		if err == nil {
			c.held -= file.Len()
		} else if later := c.files[name]; later == nil {
			c.files[name] = file
		} else {
			file.Write(later.Bytes())
			c.files[name] = file
		}
		c.mu.Unlock()
		if err != nil {
			c.logger.Warn("captured records could not be written", "endpoint", name.endpoint, "error", err)
		}
	}
}

func (c *Captures) put(ctx context.Context, name captured, content []byte) error {
	bucket, prefix, err := blob.ParseURI(name.destination)
	if err != nil {
		return err
	}
	if b, err := c.objects.GetBucket(ctx, bucket); err != nil {
		return err
	} else if b.Account != name.account {
		return fmt.Errorf("the bucket %s belongs to another account", bucket)
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // it never fails
	key := strings.TrimPrefix(fmt.Sprintf("%s/%s/%s/%s/%s.jsonl", strings.TrimSuffix(prefix, "/"), name.endpoint, name.variant, name.hour, hex.EncodeToString(id[:])), "/")
	_, err = c.objects.Put(ctx, bucket, key, bytes.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	return err
}

// Close writes what waits and ends.
func (c *Captures) Close() error {
	close(c.quit)
	c.ended.Wait()
	return nil
}

// capture is what the data path records of an endpoint, nil for nothing.
func capture(c *sagemaker.DataCaptureConfig) *proxy.Capture {
	if c == nil || !aws.Val(c.EnableCapture) {
		return nil
	}
	out := &proxy.Capture{Percentage: int(aws.Val(c.InitialSamplingPercentage))}
	for _, o := range c.CaptureOptions {
		out.Input = out.Input || o.CaptureMode != sagemaker.CaptureModeOutput
		out.Output = out.Output || o.CaptureMode != sagemaker.CaptureModeInput
	}
	if h := c.CaptureContentTypeHeader; h != nil {
		out.CSV, out.JSON = h.CsvContentTypes, h.JsonContentTypes
	}
	return out
}

// destination is where the records go, "" where nothing is captured.
func destination(c *sagemaker.DataCaptureConfig) string {
	if c == nil || !aws.Val(c.EnableCapture) {
		return ""
	}
	return aws.Val(c.DestinationS3Uri)
}
