package foreigntest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"

	sdkaws "github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/private/protocol/json/jsonutil"
	sdkautoscaling "github.com/aws/aws-sdk-go/service/applicationautoscaling"
	sdka2i "github.com/aws/aws-sdk-go/service/augmentedairuntime"
	sdklogs "github.com/aws/aws-sdk-go/service/cloudwatchlogs"
	sdkecr "github.com/aws/aws-sdk-go/service/ecr"
	sdksagemaker "github.com/aws/aws-sdk-go/service/sagemaker"
	sdkfeaturestore "github.com/aws/aws-sdk-go/service/sagemakerfeaturestoreruntime"
	sdkmetrics "github.com/aws/aws-sdk-go/service/sagemakermetrics"
	sdkruntime "github.com/aws/aws-sdk-go/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/api/a2iruntime"
	"github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/api/ecr"
	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	"github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/codec/codectest"
)

// rounds is how many random values each input and output is tried with.
const rounds = 12

// pair is a service here and its client there.
type pair struct {
	ours   *schema.Service
	client any
}

func pairs(t *testing.T) []pair {
	t.Helper()
	s, err := session.NewSession(&sdkaws.Config{
		Region:      sdkaws.String("us-east-1"),
		Credentials: credentials.NewStaticCredentials("AKIA", "secret", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	return []pair{
		{sagemaker.Service, sdksagemaker.New(s)},
		{sagemakerruntime.Service, sdkruntime.New(s)},
		{featurestoreruntime.Service, sdkfeaturestore.New(s)},
		{a2iruntime.Service, sdka2i.New(s)},
		{sagemakermetrics.Service, sdkmetrics.New(s)},
		{logs.Service, sdklogs.New(s)},
		{ecr.Service, sdkecr.New(s)},
		{autoscaling.Service, sdkautoscaling.New(s)},
	}
}

// newer are the operations that this SDK does not know yet: see cmd/apigen/newer.
var newer = map[string]bool{"BatchGetMetrics": true}

// theirs makes the SDK's request, input and output of an operation.
func theirs(t *testing.T, client any, op string) (req *request.Request, in, out any) {
	t.Helper()
	method := reflect.ValueOf(client).MethodByName(op + "Request")
	if !method.IsValid() {
		t.Fatalf("the SDK has no %s", op)
	}
	input := reflect.New(method.Type().In(0).Elem())
	results := method.Call([]reflect.Value{input})
	return results[0].Interface().(*request.Request), input.Interface(), results[1].Interface()
}

// Every input and output survives our writer, their reader, their writer and
// our reader unchanged: NaN, infinities, timestamps, blobs, unions, recursive
// shapes, empty lists and odd characters included.
func TestEveryOperationThroughTheForeignCodec(t *testing.T) {
	t.Parallel()
	for _, p := range pairs(t) {
		for _, op := range p.ours.Operations {
			if newer[op.Name] {
				continue
			}
			t.Run(p.ours.ID+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(rounds) {
					g := codectest.New(seed)
					g.Full = seed < 2
					if p.ours.Protocol == "json" {
						_, in, out := theirs(t, p.client, op.Name)
						throughJSON(t, g, op.Input, op.NewInput, in)
						throughJSON(t, g, op.Output, op.NewOutput, out)
						continue
					}
					requestThrough(t, g, op, p.client)
					responseThrough(t, g, op, p.client)
				}
			})
		}
	}
}

func throughJSON(t *testing.T, g *codectest.Generator, shape *schema.Shape, fresh func() any, foreign any) {
	t.Helper()
	want := fresh()
	g.Fill(shape, want)
	ours, err := codec.AppendJSON(nil, shape, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := jsonutil.UnmarshalJSON(foreign, bytes.NewReader(ours)); err != nil {
		t.Fatalf("their reader: %v\n%s", err, ours)
	}
	back, err := jsonutil.BuildJSON(foreign)
	if err != nil {
		t.Fatal(err)
	}
	got := fresh()
	if err := codec.DecodeJSON(shape, back, got); err != nil {
		t.Fatalf("our reader: %v\n%s", err, back)
	}
	if d := codectest.Diff(want, got); d != "" {
		t.Fatalf("%s\nours   %q\ntheirs %q", d, ours, back)
	}
}

// requestThrough lets the SDK build the HTTP request of a random input, and
// reads it.
func requestThrough(t *testing.T, g *codectest.Generator, op *schema.Operation, client any) {
	t.Helper()
	want := op.NewInput()
	g.Fill(op.Input, want)
	req, in, _ := theirs(t, client, op.Name)
	copyFields(reflect.ValueOf(in).Elem(), reflect.ValueOf(want).Elem())
	req.Handlers.Validate.Clear()
	if err := req.Build(); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if req.HTTPRequest.Method != op.Method {
		t.Errorf("method %s, want %s", op.Method, req.HTTPRequest.Method)
	}
	got := op.NewInput()
	if err := codec.ReadRequest(op, req.HTTPRequest, body, got); err != nil {
		t.Fatalf("%v\n%s %s", err, req.HTTPRequest.URL, body)
	}
	if d := codectest.Diff(want, got); d != "" {
		t.Fatalf("%s\n%s\n%v\n%q", d, req.HTTPRequest.URL, req.HTTPRequest.Header, body)
	}
}

// responseThrough lets the SDK read our answer with a random output.
func responseThrough(t *testing.T, g *codectest.Generator, op *schema.Operation, client any) {
	t.Helper()
	for _, m := range op.Output.Members {
		if m.Shape.Kind == schema.EventStream {
			return // the SDK wants a live stream
		}
	}
	want := op.NewOutput()
	g.Fill(op.Output, want)
	answer, err := codec.WriteResponse(op, want)
	if err != nil {
		t.Fatal(err)
	}
	req, _, out := theirs(t, client, op.Name)
	req.HTTPResponse = &http.Response{
		StatusCode: answer.Status,
		Header:     answer.Header,
		Body:       io.NopCloser(bytes.NewReader(answer.Body)),
	}
	req.Handlers.UnmarshalMeta.Run(req)
	req.Handlers.Unmarshal.Run(req)
	if req.Error != nil {
		t.Fatalf("their reader: %v\n%v %s", req.Error, answer.Header, answer.Body)
	}
	got := op.NewOutput()
	copyFields(reflect.ValueOf(got).Elem(), reflect.ValueOf(out).Elem())
	if d := codectest.Diff(want, got); d != "" {
		t.Fatalf("%s\n%v\n%q", d, answer.Header, answer.Body)
	}
}

// copyFields copies between our types and theirs, which differ in pointers and
// number sizes only, by field names.
func copyFields(dst, src reflect.Value) {
	switch {
	case src.Kind() == reflect.Pointer:
		if !src.IsNil() {
			copyFields(dst, src.Elem())
		}
		return
	case dst.Kind() == reflect.Pointer:
		if src.Kind() == reflect.String && src.Type() != reflect.TypeFor[string]() && src.Len() == 0 {
			return // an absent enum
		}
		dst.Set(reflect.New(dst.Type().Elem()))
		copyFields(dst.Elem(), src)
		return
	case src.Type() == dst.Type():
		dst.Set(src)
		return
	}
	switch dst.Kind() {
	case reflect.Struct:
		for i := range dst.NumField() {
			field := dst.Type().Field(i)
			from := src.FieldByName(field.Name)
			if !field.IsExported() || !from.IsValid() {
				continue
			}
			copyFields(dst.Field(i), from)
		}
	case reflect.Slice:
		if src.IsNil() {
			return
		}
		dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
		for i := range src.Len() {
			copyFields(dst.Index(i), src.Index(i))
		}
	case reflect.Map:
		if src.IsNil() {
			return
		}
		dst.Set(reflect.MakeMap(dst.Type()))
		for _, key := range src.MapKeys() {
			k, v := reflect.New(dst.Type().Key()).Elem(), reflect.New(dst.Type().Elem()).Elem()
			copyFields(k, key)
			copyFields(v, src.MapIndex(key))
			dst.SetMapIndex(k, v)
		}
	default:
		if !src.CanConvert(dst.Type()) {
			panic(fmt.Sprintf("%s does not become %s", src.Type(), dst.Type()))
		}
		dst.Set(src.Convert(dst.Type()))
	}
}
