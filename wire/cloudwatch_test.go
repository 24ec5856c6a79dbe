package wire_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"strings"
	"testing"

	smithy "github.com/aws/smithy-go/encoding/cbor"
)

// statistics is GetMetricStatistics as botocore 1.43.11 writes it; %s stands for
// the metric's one-letter name.
const statistics = "a6694e616d657370616365616e6a4d65747269634e616d65%s69537461727454696d65c11a657b970067456e6454696d65c11a657ce88066506572696f64183c6a53746174697374696373816741766572616765"

func cborRequest(op, body string) request {
	return request{service: "monitoring", path: "/service/GraniteServiceVersion20100801/operation/" + op, body: body, header: map[string]string{
		"Smithy-Protocol": "rpc-v2-cbor", "X-Amzn-Query-Mode": "true", "Accept": "application/cbor", "Content-Type": "application/cbor"}}
}

// Today's boto3 speaks CBOR to CloudWatch.
func TestCBOR(t *testing.T) {
	t.Parallel()
	b := setup(t)
	get := func(name string) answer {
		body, err := hex.DecodeString(strings.Replace(statistics, "%s", hex.EncodeToString(smithy.Encode(smithy.String(name))), 1))
		if err != nil {
			t.Fatal(err)
		}
		return b.send(t, cborRequest("GetMetricStatistics", string(body)))
	}
	a := get("m")
	v, err := smithy.Decode([]byte(a.body))
	if err != nil || a.status != 200 || a.header.Get("Smithy-Protocol") != "rpc-v2-cbor" || a.header.Get("Content-Type") != "application/cbor" {
		t.Fatalf("%+v, %v", a, err)
	}
	point := v.(smithy.Map)["Datapoints"].(smithy.List)[0].(smithy.Map)
	if at := point["Timestamp"].(*smithy.Tag); at.ID != 1 || at.Value != smithy.Uint(0x657b9700) || point["Average"] != smithy.Float64(1.5) {
		t.Errorf("%+v", point)
	}

	for name, c := range map[string]struct {
		answer                 answer
		status                 int
		shape, queryCode, text string
	}{
		"modelled":   {get("bad"), 400, "InvalidParameterValueException", "InvalidParameterValue;Sender", "bad metric"},
		"validation": {b.send(t, cborRequest("GetMetricStatistics", "\xa0")), 400, "ValidationException", "ValidationError;Sender", "namespace"},
		"malformed":  {b.send(t, cborRequest("GetMetricStatistics", "\xff")), 400, "SerializationException", "MalformedInput;Sender", "CBOR"},
		"unknown":    {b.send(t, cborRequest("Make", "\xa0")), 404, "UnknownOperationException", "InvalidAction;Sender", "Make"},
		"no type":    {b.send(t, cborRequest("ListMetrics", "\xa0").with("Content-Type", "")), 400, "SerializationException", "MalformedInput;Sender", "application/cbor"},
		"not built":  {b.send(t, cborRequest("ListMetrics", "\xa0")), 501, "UnsupportedOperationException", "UnsupportedOperation;Receiver", "ListMetrics"},
	} {
		v, err := smithy.Decode([]byte(c.answer.body))
		if err != nil {
			t.Fatalf("%s: %v: %q", name, err, c.answer.body)
		}
		m := v.(smithy.Map)
		if c.answer.status != c.status || m["__type"] != smithy.String(c.shape) || !strings.Contains(string(m["message"].(smithy.String)), c.text) ||
			c.answer.header.Get("X-Amzn-Query-Error") != c.queryCode {
			t.Errorf("%s: %d %v %v", name, c.answer.status, m, c.answer.header)
		}
	}
	if a := b.send(t, request{service: "monitoring", path: "/service/Nobody/operation/X", header: cborRequest("", "").header}); a.status != 404 {
		t.Errorf("unknown service: %+v", a)
	}
	if a := b.send(t, cborRequest("ListMetrics", "\xa0").with("Smithy-Protocol", "rpc-v9")); a.status != 404 {
		t.Errorf("unknown protocol: %+v", a)
	}
}

// SDKs of the years between speak JSON 1.0 to CloudWatch.
func TestCloudWatchJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	get := func(metric string) answer {
		return b.send(t, request{service: "monitoring", body: `{"Namespace":"n","MetricName":"` + metric + `","StartTime":1702641600,"EndTime":1702645200,"Period":60}`,
			header: map[string]string{"X-Amz-Target": "GraniteServiceVersion20100801.GetMetricStatistics", "Content-Type": "application/x-amz-json-1.0", "X-Amzn-Query-Mode": "true"}})
	}
	if a := get("m"); a.status != 200 || a.header.Get("Content-Type") != "application/x-amz-json-1.0" || !strings.Contains(a.body, `"Timestamp":1702641600`) {
		t.Errorf("%+v", a)
	}
	if a := get("bad"); a.status != 400 || a.json(t)["__type"] != "InvalidParameterValueException" || a.header.Get("X-Amzn-Query-Error") != "InvalidParameterValue;Sender" {
		t.Errorf("%+v", a)
	}
}

// SDKs compress large inputs of PutMetricData.
func TestCompressedBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	zip := func(body []byte) string {
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		if _, err := z.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	body := smithy.Encode(smithy.Map{"Namespace": smithy.String("n"), "MetricData": smithy.List{smithy.Map{"MetricName": smithy.String("a")}}})
	if a := b.send(t, cborRequest("PutMetricData", zip(body)).with("Content-Encoding", "gzip")); a.status != 200 {
		t.Errorf("%+v", a)
	}
	bomb := zip(make([]byte, 20<<20))
	if a := b.send(t, cborRequest("PutMetricData", bomb).with("Content-Encoding", "gzip")); a.status != 413 {
		t.Errorf("a body that unpacks to 20 MiB: %d", a.status)
	}
}
