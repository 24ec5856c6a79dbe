package codec_test

import (
	"net/http"
	"testing"

	"github.com/sagebrush/sagebrush/api/a2iruntime"
	"github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/api/ecr"
	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	"github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/codec/codectest"
	"github.com/sagebrush/sagebrush/wire/validate"
)

var services = []*schema.Service{
	sagemaker.Service, sagemakerruntime.Service, featurestoreruntime.Service, a2iruntime.Service,
	sagemakermetrics.Service, sts.Service, iam.Service, logs.Service, monitoring.Service, ecr.Service, autoscaling.Service,
}

// All 318 operations of SageMaker, and those of its neighbours, decode, validate
// and encode, whether somebody implements them or not.
func TestEveryOperationDecodesValidatesAndEncodes(t *testing.T) {
	t.Parallel()
	if n := len(sagemaker.Service.Operations); n != 318 {
		t.Errorf("SageMaker has %d operations, want 318", n)
	}
	for _, svc := range services {
		for _, op := range svc.Operations {
			t.Run(svc.ID+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(4) {
					g := codectest.New(seed)
					g.Full = seed == 0
					in := op.NewInput()
					g.Fill(op.Input, in)
					if err := validate.Input(op.Input, in); err != nil {
						t.Fatalf("a valid input: %v", err)
					}
					again := op.NewInput()
					if svc.Protocol == "rest-json" {
						throughRequest(t, op, in, again)
					} else {
						throughJSON(t, op.Input, in, again)
					}
					if d := codectest.Diff(in, again); d != "" {
						t.Fatalf("input: %s", d)
					}
					out, outAgain := op.NewOutput(), op.NewOutput()
					g.Fill(op.Output, out)
					if svc.Protocol == "rest-json" {
						throughResponse(t, op, out, outAgain)
					} else {
						throughJSON(t, op.Output, out, outAgain)
					}
					if d := codectest.Diff(out, outAgain); d != "" {
						t.Fatalf("output: %s", d)
					}
				}
			})
		}
	}
}

func throughJSON(t *testing.T, shape *schema.Shape, from, into any) {
	t.Helper()
	data, err := codec.AppendJSON(nil, shape, from)
	if err != nil {
		t.Fatal(err)
	}
	if err := codec.DecodeJSON(shape, data, into); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
}

func throughRequest(t *testing.T, op *schema.Operation, from, into any) {
	t.Helper()
	r := new(http.Request)
	if err := codec.WriteRequest(op, from, r); err != nil {
		t.Fatal(err)
	}
	if err := codec.ReadRequest(op, r, readAll(t, r), into); err != nil {
		t.Fatal(err)
	}
}

func throughResponse(t *testing.T, op *schema.Operation, from, into any) {
	t.Helper()
	r, err := codec.WriteResponse(op, from)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != op.Status {
		t.Errorf("status %d, want %d", r.Status, op.Status)
	}
	if err := codec.ReadResponse(op, r.Status, r.Header, r.Body, into); err != nil {
		t.Fatal(err)
	}
}
