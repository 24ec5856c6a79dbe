package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// object is a request or an answer.
type object = map[string]any

// change is something that writes several rows. Each is tried many times, once for
// each name, without trying again when the server dies under it.
type change struct {
	// prepare makes what the change needs.
	prepare func(d *desk, name string)
	// try makes the change.
	try func(d *desk, name string) error
	// state tells all that the change touches; it is before or after, and nothing
	// else is whole.
	state         func(d *desk, name string) string
	before, after string
}

// CreateModelPackage-2, CreateModelPackage-10, UpdMP-2, QL-9, Co-8: whenever the
// server is killed, every change of several rows in the registry, the cards, the
// experiments, the lineage and the tags is made as a whole or not at all, and as a
// whole if it was acknowledged.
func TestKilledServerChangesAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			url = "sqlite"
		}
		changeAll(t, url)
	})
}

func changeAll(t *testing.T, database string) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := server.New(t, server.Options{Dir: filepath.Join(server.Directory(t), "data"), Database: database})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	d := &desk{t, ctx, s}
	rounds := 30
	if testing.Short() {
		rounds = 8
	}
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	var work sync.WaitGroup
	for kind, c := range changes {
		work.Go(func() {
			for i := range rounds {
				name := fmt.Sprintf("%s-%d", kind, i)
				c.prepare(d, name)
				err := c.try(d, name)
				var refusal *server.Refusal
				if errors.As(err, &refusal) && refusal.Status < 500 {
					t.Errorf("%s: %v", name, err)
				}
				mu.Lock()
				acknowledged[name] = err == nil
				mu.Unlock()
			}
		})
	}
	finished := make(chan struct{})
	go func() { work.Wait(); close(finished) }()
	for alive := true; alive; {
		select {
		case <-finished:
			alive = false
		case <-time.After(time.Duration(20+rand.IntN(250)) * time.Millisecond):
			s.Kill()
			if err := s.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	made, said := 0, 0
	for kind, c := range changes {
		for i := range rounds {
			name := fmt.Sprintf("%s-%d", kind, i)
			state := c.state(d, name)
			switch {
			case state != c.before && state != c.after:
				t.Errorf("%s is half made: %s; whole is %s or %s", name, state, c.before, c.after)
			case acknowledged[name] && state != c.after:
				t.Errorf("%s was acknowledged and is gone: %s", name, state)
			}
			if state == c.after {
				made++
			}
			if acknowledged[name] {
				said++
			}
		}
	}
	if said == 0 || s.Kills() == 0 {
		t.Errorf("%d changes acknowledged, %d kills: too few to say anything", said, s.Kills())
	}
	t.Logf("%d kills, %d changes made of %d, %d acknowledged", s.Kills(), made, rounds*len(changes), said)
}

// desk sends requests to a server that comes and goes.
type desk struct {
	t   *testing.T
	ctx context.Context
	s   *server.Server
}

// call sends a request until it is answered; answers are nil where it was refused.
func (d *desk) call(operation string, in object) object {
	d.t.Helper()
	out := object{}
	err := d.s.Client().Call(d.ctx, "sagemaker", "SageMaker."+operation, in, &out)
	var refusal *server.Refusal
	if errors.As(err, &refusal) && refusal.Status < 500 {
		return nil
	} else if err != nil {
		d.t.Errorf("%s: %v", operation, err)
	}
	return out
}

// make is call for what must be there afterwards; sent again after a kill, it may
// have been made already.
func (d *desk) make(operation string, in object) object {
	d.t.Helper()
	out := object{}
	err := d.s.Client().Call(d.ctx, "sagemaker", "SageMaker."+operation, in, &out)
	if err != nil && !strings.Contains(err.Error(), "already exists") {
		d.t.Errorf("%s: %v", operation, err)
	}
	return out
}

// once sends a request and does not try again.
func (d *desk) once(operation string, in object) error {
	return d.s.As(d.s.Credentials()).Call(d.ctx, "sagemaker", "SageMaker."+operation, in, nil)
}

// count is the length of a list in an answer, "-" where the request was refused.
func (d *desk) count(operation string, in object, member string) string {
	d.t.Helper()
	out := d.call(operation, in)
	if out == nil {
		return "-"
	}
	list, _ := out[member].([]any)
	return fmt.Sprint(len(list))
}

// is says what an answer's member is, "-" where the request was refused.
func (d *desk) is(operation string, in object, member string) string {
	d.t.Helper()
	out := d.call(operation, in)
	if out == nil {
		return "-"
	}
	return fmt.Sprint(out[member])
}

const account = "arn:aws:sagemaker:us-east-1:" + server.Account + ":"

func tags(n int) (list []object) {
	for i := range n {
		list = append(list, object{"Key": fmt.Sprint("k", i), "Value": "v"})
	}
	return list
}

func (d *desk) tagged(resource string) string {
	return d.count("ListTags", object{"ResourceArn": account + resource}, "Tags")
}

// sources counts the lineage entities of a source.
func (d *desk) sources(uri string) string {
	return d.count("ListArtifacts", object{"SourceUri": uri}, "ArtifactSummaries") + d.count("ListContexts", object{"SourceUri": uri}, "ContextSummaries") +
		d.count("ListActions", object{"SourceUri": uri}, "ActionSummaries")
}

// connected counts the associations to a package's artifact.
func (d *desk) connected(uri string) string {
	found := d.call("ListArtifacts", object{"SourceUri": uri})
	list, _ := found["ArtifactSummaries"].([]any)
	if len(list) == 0 {
		return "0"
	}
	return d.count("ListAssociations", object{"DestinationArn": list[0].(object)["ArtifactArn"], "MaxResults": 100}, "AssociationSummaries")
}

func version(group string) object {
	return object{"ModelPackageGroupName": group, "ClientToken": group, "InferenceSpecification": object{
		"Containers":            []object{{"Image": "example/serve:1", "ModelDataUrl": "s3://bucket/" + group + ".tar.gz"}},
		"SupportedContentTypes": []string{"text/csv"}, "SupportedResponseMIMETypes": []string{"text/csv"},
	}}
}

func card(name string) object {
	return object{"ModelCardName": name, "Content": "{}", "ModelCardStatus": "Draft", "Tags": tags(2)}
}

func newComponent(name string) object { return object{"TrialComponentName": name, "Tags": tags(2)} }

// points reports ten values of two metrics.
func points(c *server.Client, ctx context.Context, name string) error {
	var data []object
	for i := range 10 {
		data = append(data, object{"MetricName": fmt.Sprint("m", i%2), "Timestamp": time.Now().Unix(), "Step": i, "Value": i})
	}
	_, err := metric(ctx, c, http.MethodPut, "BatchPutMetrics", object{"TrialComponentName": name, "MetricData": data})
	return err
}

// counts are how many values each metric of a component has.
func (d *desk) counts(name string) string {
	out := d.call("DescribeTrialComponent", object{"TrialComponentName": name})
	if out == nil {
		return "-"
	}
	var list []any
	for _, m := range out["Metrics"].([]any) {
		list = append(list, m.(object)["Count"])
	}
	return fmt.Sprint(list)
}
