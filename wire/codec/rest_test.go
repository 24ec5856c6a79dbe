package codec_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/a2iruntime"
	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
)

func restOperation(t *testing.T, svc *schema.Service, name string) *schema.Operation {
	t.Helper()
	for _, op := range svc.Operations {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

func TestMatchPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template, path string
		want           map[string]string
		ok             bool
	}{
		{"/endpoints/{EndpointName}/invocations", "/endpoints/a-b/invocations", map[string]string{"EndpointName": "a-b"}, true},
		{"/endpoints/{EndpointName}/invocations", "/endpoints/a%2Fb%20c/invocations", map[string]string{"EndpointName": "a/b c"}, true},
		{"/endpoints/{EndpointName}/invocations", "/endpoints/a/invocations/", map[string]string{"EndpointName": "a"}, true},
		{"/endpoints/{EndpointName}/invocations", "/endpoints//invocations", nil, false},
		{"/endpoints/{EndpointName}/invocations", "/endpoints/a", nil, false},
		{"/endpoints/{EndpointName}/invocations", "/endpoints/a/invocations/b", nil, false},
		{"/endpoints/{EndpointName}/invocations", "/endpoints/%zz/invocations", nil, false},
		{"/human-loops", "/human-loops", nil, true},
		{"/human-loops", "/", nil, false},
		{"/", "/", nil, true},
		{"/{Bucket}/{Key+}", "/b/a/b%2Fc", map[string]string{"Bucket": "b", "Key": "a/b/c"}, true},
		{"/x?fixed", "/x", nil, true},
	} {
		got, ok := codec.MatchPath(c.template, c.path)
		if ok != c.ok || ok && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s on %s: %v, %v", c.template, c.path, got, ok)
		}
	}
}

func TestReadRequest(t *testing.T) {
	t.Parallel()
	op := restOperation(t, sagemakerruntime.Service, "InvokeEndpoint")
	r := &http.Request{
		URL: &url.URL{Path: "/endpoints/e/invocations"},
		Header: http.Header{
			"Content-Type":                     {"text/csv"},
			"X-Amzn-Sagemaker-Target-Model":    {"m.tar.gz"},
			"X-Amzn-Sagemaker-Inference-Id":    {"id"},
			"X-Amzn-Sagemaker-Something-Newer": {"ignored"},
		},
	}
	in := new(sagemakerruntime.InvokeEndpointInput)
	if err := codec.ReadRequest(op, r, []byte("1,2\n"), in); err != nil {
		t.Fatal(err)
	}
	want := &sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.Ptr("e"), Body: []byte("1,2\n"), ContentType: aws.Ptr("text/csv"),
		TargetModel: aws.Ptr("m.tar.gz"), InferenceId: aws.Ptr("id"),
	}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("got %+v", in)
	}
}

func TestReadRequestQuery(t *testing.T) {
	t.Parallel()
	r := &http.Request{URL: &url.URL{
		Path:     "/FeatureGroup/g",
		RawQuery: "RecordIdentifierValueAsString=7&FeatureName=a&FeatureName=b",
	}}
	in := new(featurestoreruntime.GetRecordInput)
	if err := codec.ReadRequest(restOperation(t, featurestoreruntime.Service, "GetRecord"), r, nil, in); err != nil {
		t.Fatal(err)
	}
	if aws.Val(in.FeatureGroupName) != "g" || aws.Val(in.RecordIdentifierValueAsString) != "7" || !reflect.DeepEqual(in.FeatureNames, []string{"a", "b"}) {
		t.Errorf("got %+v", in)
	}

	loops := new(a2iruntime.ListHumanLoopsInput)
	r = &http.Request{URL: &url.URL{Path: "/human-loops", RawQuery: "CreationTimeAfter=2023-12-15T08%3A30%3A00Z&MaxResults=5&FlowDefinitionArn=arn"}}
	if err := codec.ReadRequest(restOperation(t, a2iruntime.Service, "ListHumanLoops"), r, nil, loops); err != nil {
		t.Fatal(err)
	}
	if !aws.Val(loops.CreationTimeAfter).Equal(time.Unix(1702629000, 0)) || aws.Val(loops.MaxResults) != 5 {
		t.Errorf("got %+v", loops)
	}
}

func TestReadRequestRefuses(t *testing.T) {
	t.Parallel()
	op := restOperation(t, a2iruntime.Service, "ListHumanLoops")
	for raw, want := range map[string]struct {
		code    aws.Code
		message string
	}{
		"/human-loops?MaxResults=many":        {aws.SerializationException, "'many' can not be converted to an Integer, at 'maxResults'"},
		"/human-loops?CreationTimeAfter=soon": {aws.SerializationException, "'soon' can not be converted to a Timestamp, at 'creationTimeAfter'"},
		"/human-loops?%zz":                    {aws.SerializationException, `The query string is malformed: invalid URL escape "%zz"`},
		"/loops":                              {aws.UnknownOperationException, "ListHumanLoops is not called under the path /loops"},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		err = codec.ReadRequest(op, &http.Request{URL: u}, nil, op.NewInput())
		api, ok := err.(*aws.Error)
		if !ok || api.Code != want.code || api.Message != want.message {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestWriteResponse(t *testing.T) {
	t.Parallel()
	r, err := codec.WriteResponse(restOperation(t, sagemakerruntime.Service, "InvokeEndpoint"), &sagemakerruntime.InvokeEndpointOutput{
		Body: []byte("0.9"), ContentType: aws.Ptr("text/csv"), InvokedProductionVariant: aws.Ptr("blue"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &codec.Response{Status: 200, Body: []byte("0.9"), Header: http.Header{
		"Content-Type": {"text/csv"}, "X-Amzn-Invoked-Production-Variant": {"blue"},
	}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v", r)
	}
	r, err = codec.WriteResponse(restOperation(t, sagemakerruntime.Service, "InvokeEndpointAsync"), &sagemakerruntime.InvokeEndpointAsyncOutput{
		InferenceId: aws.Ptr("id"), OutputLocation: aws.Ptr("s3://b/k"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 202 || string(r.Body) != `{"InferenceId":"id"}` || r.Header.Get("X-Amzn-SageMaker-OutputLocation") != "s3://b/k" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %+v", r)
	}
}
