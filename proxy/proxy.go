package proxy

import (
	"context"
	"sync"

	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire"
)

// Options of a Proxy.
type Options struct {
	// Capture takes the records of data capture; nil captures nothing.
	Capture CaptureSink
	// MaxBody bounds what is read of any request, in bytes; 0 is DefaultMaxBody.
	// Limits.Body of an endpoint cannot be more.
	MaxBody int64
	// Beside bounds the memory that shadow copies, and records of data capture,
	// hold while they wait, in bytes each; 0 is 64 MiB.
	Beside int64
}

// Proxy answers InvokeEndpoint and InvokeEndpointWithResponseStream.
type Proxy struct {
	table           *Table
	options         Options
	shadows         budget
	records         *recorder
	buffers         buffers
	unary, streamed *schema.Operation

	ctx    context.Context // of what goes on beside
	cancel context.CancelFunc
	beside sync.WaitGroup
}

// maxBeside bounds the shadow copies on their way, and the records that wait.
const maxBeside = 256

// New makes a Proxy with an empty Table. Close ends it.
func New(o Options) *Proxy {
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Beside <= 0 {
		o.Beside = 64 << 20
	}
	p := &Proxy{table: NewTable(), options: o, unary: operation("InvokeEndpoint"), streamed: operation("InvokeEndpointWithResponseStream")}
	p.shadows.limit, p.shadows.most = o.Beside, maxBeside
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if o.Capture != nil {
		p.records = newRecorder(o.Capture, o.Beside)
	}
	return p
}

// Table is what the proxy knows of endpoints.
func (p *Proxy) Table() *Table { return p.table }

// Mount has the operations of the runtime, whose API s must have mounted before,
// answered by p.
func (p *Proxy) Mount(s *wire.Server) error {
	if err := s.Direct(runtime.Service.ID, "InvokeEndpoint", p.options.MaxBody, p.invoke); err != nil {
		return err
	}
	return s.Direct(runtime.Service.ID, "InvokeEndpointWithResponseStream", p.options.MaxBody, p.stream)
}

// Close gives up shadow copies on their way, and hands the records that wait to
// the sink. No request may come after it.
func (p *Proxy) Close() {
	p.cancel()
	p.beside.Wait()
	if p.records != nil {
		p.records.close()
	}
}

// operation is the model's entry of that name.
func operation(name string) *schema.Operation {
	for _, op := range runtime.Service.Operations {
		if op.Name == name {
			return op
		}
	}
	return nil
}
