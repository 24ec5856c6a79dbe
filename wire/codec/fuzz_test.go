package codec_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/codec/codectest"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// Whatever comes in, the decoder either refuses with a SerializationException
// or makes a value that encodes, and decodes again to the same; and the
// validator copes with it.
func FuzzDecode(f *testing.F) {
	f.Add(uint16(0), []byte(createBody))
	for i, op := range sagemaker.Service.Operations {
		if i%16 == 0 {
			in := op.NewInput()
			codectest.New(uint64(i)).Fill(op.Input, in)
			data, err := codec.AppendJSON(nil, op.Input, in)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint16(i), data)
		}
	}
	f.Add(uint16(1<<15), []byte(`{"Either":{"A":"x"},"Matrix":[["NaN"]],"ISO":"2023-12-15","When":1.5e9,"Choice":"","ByChoice":{"":{}}}`))
	f.Fuzz(func(t *testing.T, index uint16, data []byte) {
		shape, fresh := everythingShape, func() any { return new(everything) }
		if index < 1<<15 {
			op := sagemaker.Service.Operations[int(index)%len(sagemaker.Service.Operations)]
			shape, fresh = op.Input, op.NewInput
		}
		first := fresh()
		if err := codec.DecodeJSON(shape, data, first); err != nil {
			var api *aws.Error
			if !errors.As(err, &api) || api.Code != aws.SerializationException || api.Message == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if shape != everythingShape {
			_ = validate.Input(shape, first) // must not panic
		}
		out, err := codec.AppendJSON(nil, shape, first)
		if err != nil {
			t.Fatalf("decoded but does not encode: %v", err)
		}
		second := fresh()
		if err := codec.DecodeJSON(shape, out, second); err != nil {
			t.Fatalf("encoded but does not decode: %v\n%s", err, out)
		}
		again, err := codec.AppendJSON(nil, shape, second)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("not stable, %v:\n%s\n%s", err, out, again)
		}
	})
}

// Requests with odd paths, queries and headers are refused or read, never a panic.
func FuzzReadRequest(f *testing.F) {
	f.Add("/endpoints/a%2Fb/invocations", "x=1", "Content-Type", "text/csv", []byte("1,2"))
	f.Add("/endpoints//invocations", "", "X-Amzn-SageMaker-Inference-Id", "é", []byte(nil))
	f.Add("/FeatureGroup/g", "FeatureName=a&FeatureName=b", "", "", []byte("{}"))
	f.Fuzz(func(t *testing.T, path, query, header, value string, body []byte) {
		r := &http.Request{URL: &url.URL{RawPath: path, Path: path, RawQuery: query}, Header: http.Header{}}
		r.Header.Set(header, value)
		for _, svc := range []*schema.Service{sagemakerruntime.Service, services[2], services[3]} {
			for _, op := range svc.Operations {
				in := op.NewInput()
				if err := codec.ReadRequest(op, r, body, in); err != nil {
					var api *aws.Error
					if !errors.As(err, &api) {
						t.Fatalf("refused with %v", err)
					}
					continue
				}
				_ = validate.Input(op.Input, in)
			}
		}
	})
}
