package cbor_test

import (
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	smithy "github.com/aws/smithy-go/encoding/cbor"

	"github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/cbor"
)

func decoder(t testing.TB) *cbor.Decoder {
	t.Helper()
	d, err := cbor.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func operation(t testing.TB, name string) *schema.Operation {
	t.Helper()
	for _, op := range monitoring.Service.Operations {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// Bytes that botocore 1.43.11 wrote.
const (
	putMetricData = "a2694e616d65737061636567746573742fc3a46a4d65747269634461746181a76a4d65747269634e616d65646c6f73736a44696d656e73696f6e7381a2644e616d65634a6f626556616c756561616954696d657374616d70c11a657c3fc06556616c7565fbbff80000000000006656616c75657383f97e00f97c00fb40000000000000007153746f726167655265736f6c7574696f6e183c64556e6974644e6f6e65"
	getStatistics = "a6694e616d657370616365616e6a4d65747269634e616d65616d69537461727454696d65c11a657b970067456e6454696d65c11a657ce88066506572696f64183c6a53746174697374696373816741766572616765"
)

func TestDecodeBotocore(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	body, _ := hex.DecodeString(putMetricData)
	var in monitoring.PutMetricDataInput
	if err := d.Decode(operation(t, "PutMetricData").Input, body, &in); err != nil {
		t.Fatal(err)
	}
	m := in.MetricData[0]
	if aws.Val(in.Namespace) != "test/ä" || aws.Val(m.MetricName) != "loss" || aws.Val(m.Dimensions[0].Value) != "a" ||
		!m.Timestamp.Equal(time.Date(2023, 12, 15, 12, 0, 0, 0, time.UTC)) || *m.Value != -1.5 || *m.StorageResolution != 60 ||
		m.Unit != "None" || !math.IsNaN(m.Values[0]) || !math.IsInf(m.Values[1], 1) || m.Values[2] != 2 {
		t.Errorf("%+v %+v", in, m)
	}
	body, _ = hex.DecodeString(getStatistics)
	var get monitoring.GetMetricStatisticsInput
	if err := d.Decode(operation(t, "GetMetricStatistics").Input, body, &get); err != nil {
		t.Fatal(err)
	}
	if *get.Period != 60 || len(get.Statistics) != 1 || get.Statistics[0] != "Average" || get.EndTime.Sub(*get.StartTime) != 24*time.Hour {
		t.Errorf("%+v", get)
	}
}

// What we write, smithy-go reads; what it writes of that, we read back equal.
func TestRoundTripThroughForeignCodec(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	d := decoder(t)
	for _, op := range monitoring.Service.Operations {
		for _, side := range []struct {
			shape *schema.Shape
			make  func() any
		}{{op.Input, op.NewInput}, {op.Output, op.NewOutput}} {
			if side.shape == nil {
				continue
			}
			for range 100 {
				want := side.make()
				fill(rng, reflect.ValueOf(want).Elem(), 4)
				tree, err := smithy.Decode(cbor.Append(nil, side.shape, want))
				if err != nil {
					t.Fatalf("%s: %v", op.Name, err)
				}
				got := side.make()
				if err := d.Decode(side.shape, smithy.Encode(tree), got); err != nil {
					t.Fatalf("%s: %v", op.Name, err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%s:\n%+v\n%+v", op.Name, got, want)
				}
			}
		}
	}
}

func fill(rng *rand.Rand, v reflect.Value, depth int) {
	if x, ok := v.Addr().Interface().(*time.Time); ok {
		*x = time.UnixMilli(rng.Int64N(2e12)).UTC()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if rng.IntN(4) > 0 && depth > 0 {
				fill(rng, v.Field(i), depth-1)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, v.Elem(), depth)
	case reflect.Slice:
		n := rng.IntN(30)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(rng, v.Index(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rng.IntN(30) {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(rng, k, 1)
			fill(rng, e, depth-1)
			v.SetMapIndex(k, e)
		}
	case reflect.String:
		v.SetString(strings.Repeat("ä€", rng.IntN(200)) + string(rune('a'+rng.IntN(26))))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(int32(rng.Uint32() >> rng.IntN(31))))
	case reflect.Float64:
		v.SetFloat([]float64{0, 1.5, -2.25e-7, 3.7e18, math.Inf(1), math.Inf(-1)}[rng.IntN(6)])
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	text := func(v smithy.Value) string { return string(smithy.Encode(v)) }
	datum := func(name string, v smithy.Value) string {
		return text(smithy.Map{"MetricData": smithy.List{smithy.Map{name: v}}})
	}
	deep := strings.Repeat("\x81", 100)
	for name, c := range map[string]struct{ body, want string }{
		"not a map":       {text(smithy.List{}), "Expected a map"},
		"garbage":         {"\xff\xff", "malformed"},
		"cut short":       {"\xa2\x64Name", "too early"},
		"trailing":        {"\xa0\xa0", "malformed"},
		"huge promise":    {"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "not valid CBOR"},
		"deep":            {"\xa1\x61a" + deep, "not valid CBOR"},
		"duplicate keys":  {"\xa2\x61a\x01\x61a\x01", "malformed"},
		"invalid UTF-8":   {"\xa1\x69Namespace\x61\xff", "malformed"},
		"number for text": {text(smithy.Map{"Namespace": smithy.Uint(1)}), "Expected text, found an integer, at 'Namespace'"},
		"text for list":   {text(smithy.Map{"MetricData": smithy.String("x")}), "Expected a list, found text, at 'MetricData'"},
		"list for map":    {text(smithy.Map{"MetricData": smithy.List{smithy.List{}}}), "at 'MetricData.1'"},
		"too large":       {datum("StorageResolution", smithy.Uint(1<<40)), "fits"},
		"larger yet":      {datum("StorageResolution", smithy.Uint(math.MaxUint64)), "fits"},
		"fraction":        {datum("StorageResolution", smithy.Float64(1.5)), "fits"},
		"no timestamp":    {datum("Timestamp", smithy.String("now")), "timestamp"},
		"far timestamp":   {datum("Timestamp", &smithy.Tag{ID: 1, Value: smithy.Float64(1e30)}), ""},
		"NaN timestamp":   {datum("Timestamp", &smithy.Tag{ID: 1, Value: smithy.Float64(math.NaN())}), ""},
	} {
		err := decoder(t).Decode(operation(t, "PutMetricData").Input, []byte(c.body), new(monitoring.PutMetricDataInput))
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != aws.SerializationException || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownAndNullMembersAreSkipped(t *testing.T) {
	t.Parallel()
	body := smithy.Encode(smithy.Map{"Namespace": &smithy.Nil{}, "Newer": smithy.Map{"a": smithy.Uint(1)}})
	var in monitoring.PutMetricDataInput
	if err := decoder(t).Decode(operation(t, "PutMetricData").Input, body, &in); err != nil || in.Namespace != nil {
		t.Errorf("%+v, %v", in, err)
	}
	if err := decoder(t).Decode(operation(t, "PutMetricData").Input, nil, &in); err != nil {
		t.Errorf("no body: %v", err)
	}
}

func TestErrorIsReadByForeignCodec(t *testing.T) {
	t.Parallel()
	v, err := smithy.Decode(cbor.AppendError(nil, "InvalidParameterValueException", "bad"))
	m, ok := v.(smithy.Map)
	if err != nil || !ok || m["__type"] != smithy.String("InvalidParameterValueException") || m["message"] != smithy.String("bad") {
		t.Errorf("%v %v", v, err)
	}
}

// FuzzDecode: whatever the bytes, decoding ends with an input or a clear refusal.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{putMetricData, getStatistics, "a0", "ff", "9b7fffffffffffffff", "bf61616161ff"} {
		body, _ := hex.DecodeString(s)
		f.Add(body)
	}
	d := decoder(f)
	ops := []*schema.Operation{operation(f, "PutMetricData"), operation(f, "GetMetricData")}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range ops {
			in := op.NewInput()
			if err := d.Decode(op.Input, body, in); err != nil {
				if aws.CodeOf(err) != aws.SerializationException {
					t.Fatal(err)
				}
				continue
			}
			if err := d.Decode(op.Input, cbor.Append(nil, op.Input, in), op.NewInput()); err != nil {
				t.Fatalf("own bytes refused: %v", err)
			}
		}
	})
}
