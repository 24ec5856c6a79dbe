package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// maxStep bounds what a container of a pipeline hands to the next, in bytes.
const maxStep = 64 << 20

// Models loads the models of multi-model variants into instances (Host-7).
type Models interface {
	// Path is where the container takes requests for the model that TargetModel
	// names, such as /models/x/invoke. It returns when the model is loaded; Done
	// follows where its error is nil. Errors: ModelNotReadyException while loading
	// takes longer than a client may wait; ValidationError when there is no such model.
	Path(ctx context.Context, in *Instance, target string) (string, error)
	// Done says that the request is answered, so that the model may go.
	Done(in *Instance, target string)
	// Lost says that the container does not know the model any more.
	Lost(in *Instance, target string)
}

// ask sends a body to an instance of the variant, and to others where one
// refuses the connection. The answer is that of the last container; it has a
// status of 2XX. took is the time that the containers took so far.
func (p *Proxy) ask(ctx context.Context, e *Endpoint, v *Variant, in *invocation, body []byte, contentType string, deadline time.Time) (*answer, error) {
	if v.Demand != nil {
		return p.onDemand(ctx, e, v, in, body, contentType, deadline)
	}
	var tried []*Instance
	from := rand.Uint32()
	if v.Mode == MultiModel { // the same instance has it loaded already
		from = hash(in.model)
	}
	for {
		i, full := v.enter(tried, e.Limits.Queue, from)
		switch {
		case i == nil && full:
			v.measures.throttled.Add(1)
			return nil, aws.Errorf(aws.ThrottlingException, "Rate exceeded: each instance of variant %s of endpoint %s has %d requests that it has not answered yet.",
				v.Name, e.key.Name, e.Limits.Queue)
		case i == nil && len(tried) > 0:
			return nil, aws.Errorf(aws.ServiceUnavailable, "No instance of variant %s of endpoint %s accepts connections at the moment.", v.Name, e.key.Name)
		case i == nil:
			return nil, aws.Errorf(aws.ServiceUnavailable, "Variant %s of endpoint %s has no instances at the moment.", v.Name, e.key.Name)
		}
		a, err := through(ctx, e, v, i, in, body, contentType, deadline)
		if err == nil {
			a.instance = i
			return a, nil
		}
		i.leave()
		var r *refused
		if !errors.As(err, &r) {
			return nil, err
		}
		i.avoid(time.Now())
		tried = append(tried, i)
	}
}

// through passes the containers of an instance. A *refused error says that one
// of them took no connection.
func through(ctx context.Context, e *Endpoint, v *Variant, i *Instance, in *invocation, body []byte, contentType string, deadline time.Time) (*answer, error) {
	m := message{path: "/invocations", contentType: contentType, accept: in.accept, custom: in.custom, body: body, stream: in.stream, length: in.length}
	switch v.Mode {
	case Direct:
		for _, c := range i.containers {
			if c.Hostname == in.container {
				return one(ctx, e, v, i, c, &m, deadline)
			}
		}
		return nil, aws.Errorf(aws.ValidationError, "Container %s of endpoint %s not found.", in.container, e.key.Name)
	case MultiModel:
		return multi(ctx, e, v, i, in, &m, deadline)
	case Serial:
		return serial(ctx, e, v, i, in, &m, deadline)
	}
	return one(ctx, e, v, i, i.containers[0], &m, deadline)
}

// one asks one container; an answer other than 2XX is a ModelError.
func one(ctx context.Context, e *Endpoint, v *Variant, i *Instance, c *container, m *message, deadline time.Time) (*answer, error) {
	m.host = c.Hostname
	a, err := c.pool.send(ctx, m, deadline)
	if err != nil {
		var r *refused
		if errors.As(err, &r) {
			return nil, err
		}
		return nil, broken(ctx, e.key, i, c, e.Limits.Time, err)
	}
	a.from = c
	if a.status >= 200 && a.status < 300 {
		return a, nil
	}
	defer a.close()
	said, _ := io.ReadAll(io.LimitReader(a, 2*maxMessage)) // what came is better than nothing
	_, _ = io.CopyN(io.Discard, a, inline)                 // so that the connection may stay
	return nil, modelError(e.key, i, c, a.status, string(said))
}

// serial hands the answer of each container to the next (Host-6). What the client
// accepts is for the last one to know.
func serial(ctx context.Context, e *Endpoint, v *Variant, i *Instance, in *invocation, m *message, deadline time.Time) (*answer, error) {
	last := len(i.containers) - 1
	for n, c := range i.containers {
		m.accept = ""
		if n == last {
			m.accept = in.accept
		}
		a, err := one(ctx, e, v, i, c, m, deadline)
		if err != nil || n == last {
			return a, err
		}
		data, err := readAll(a, maxStep)
		m.contentType, m.body, m.stream = a.contentType, data, nil
		a.close()
		switch {
		case err == errTooLong:
			return nil, modelError(e.key, i, c, a.status, "The answer is too long for the next container of the pipeline.")
		case err != nil:
			return nil, broken(ctx, e.key, i, c, e.Limits.Time, err)
		}
	}
	return nil, aws.Errorf(aws.ServiceUnavailable, "Variant %s of endpoint %s has no containers.", v.Name, e.key.Name)
}

// multi asks for one model of many. A container that has lost it is given it once more.
func multi(ctx context.Context, e *Endpoint, v *Variant, i *Instance, in *invocation, m *message, deadline time.Time) (*answer, error) {
	m.targetModel = in.model
	for again := true; ; again = false {
		path, err := v.Models.Path(ctx, i, in.model)
		if err != nil {
			return nil, err
		}
		m.path = path
		a, err := one(ctx, e, v, i, i.containers[0], m, deadline)
		if err != nil {
			v.Models.Done(i, in.model)
		} else {
			a.done = func() { v.Models.Done(i, in.model) }
		}
		if statusOf(err) == 404 {
			v.Models.Lost(i, in.model)
			if again {
				continue
			}
		}
		return a, err
	}
}

// statusOf is the status that the container answered, of a ModelError; else 0.
func statusOf(err error) int {
	var e *aws.Error
	if errors.As(err, &e) && e.Code == aws.ModelError {
		status, _ := e.Details["OriginalStatusCode"].(int)
		return status
	}
	return 0
}

// checkMode refuses targets that do not fit the variant, before anything is sent.
func (v *Variant) checkMode(in *invocation) error {
	invalid := func(what string) error {
		return aws.Errorf(aws.ValidationError, "%s (endpoint %s, variant %s).", what, in.key.Name, v.Name)
	}
	switch {
	case v.Mode == Direct && in.container == "":
		return invalid("TargetContainerHostname is required: the containers are invoked directly")
	case v.Mode != Direct && in.container != "":
		return invalid("TargetContainerHostname is for endpoints whose containers are invoked directly, which this one's are not")
	case v.Mode == MultiModel && in.model == "":
		return invalid("TargetModel is required: the endpoint has many models")
	case v.Mode != MultiModel && in.model != "":
		return invalid("TargetModel is for multi-model endpoints, which this one is not")
	case v.Mode == MultiModel && (strings.HasPrefix(in.model, "/") || strings.Contains("/"+in.model+"/", "/../")):
		return invalid("TargetModel is a path below the prefix of the models, without '..'")
	}
	return nil
}

// errTooLong is a body that exceeds what may be kept of it.
var errTooLong = errors.New("the body is too long")

// readAll reads a body of at most limit bytes.
func readAll(a *answer, limit int64) ([]byte, error) {
	if a.length > limit {
		return nil, errTooLong
	}
	var data []byte
	if a.length > 0 {
		// Memory for what was announced, but a promise alone does not get much.
		data = make([]byte, 0, min(a.length+1, 1<<20))
	}
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := a.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, errTooLong
		case err == io.EOF:
			return data, nil
		case err != nil:
			return data, err
		}
	}
}
