package query_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	v1cloudwatch "github.com/aws/aws-sdk-go/service/cloudwatch"
	v1iam "github.com/aws/aws-sdk-go/service/iam"
	v1sts "github.com/aws/aws-sdk-go/service/sts"

	"github.com/aws/aws-sdk-go/private/protocol/query/queryutil"
	"github.com/aws/aws-sdk-go/private/protocol/xml/xmlutil"

	"github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/query"
)

// foreign are somebody else's types for the same operations: aws-sdk-go's.
var foreign = map[string][2]any{
	"sts.AssumeRole":                 {v1sts.AssumeRoleInput{}, v1sts.AssumeRoleOutput{}},
	"sts.GetCallerIdentity":          {v1sts.GetCallerIdentityInput{}, v1sts.GetCallerIdentityOutput{}},
	"iam.CreateRole":                 {v1iam.CreateRoleInput{}, v1iam.CreateRoleOutput{}},
	"iam.GetRole":                    {v1iam.GetRoleInput{}, v1iam.GetRoleOutput{}},
	"iam.ListAttachedRolePolicies":   {v1iam.ListAttachedRolePoliciesInput{}, v1iam.ListAttachedRolePoliciesOutput{}},
	"iam.SimulatePrincipalPolicy":    {v1iam.SimulatePrincipalPolicyInput{}, v1iam.SimulatePolicyResponse{}},
	"monitoring.GetMetricData":       {v1cloudwatch.GetMetricDataInput{}, v1cloudwatch.GetMetricDataOutput{}},
	"monitoring.GetMetricStatistics": {v1cloudwatch.GetMetricStatisticsInput{}, v1cloudwatch.GetMetricStatisticsOutput{}},
	"monitoring.ListMetrics":         {v1cloudwatch.ListMetricsInput{}, v1cloudwatch.ListMetricsOutput{}},
	"monitoring.PutMetricData":       {v1cloudwatch.PutMetricDataInput{}, v1cloudwatch.PutMetricDataOutput{}},
}

func operations(t *testing.T, fn func(t *testing.T, rng *rand.Rand, svc *schema.Service, op *schema.Operation, in, out any)) {
	for _, svc := range []*schema.Service{sts.Service, iam.Service, monitoring.Service} {
		for _, op := range svc.Operations {
			types, ok := foreign[svc.ID+"."+op.Name]
			if !ok {
				continue
			}
			t.Run(svc.ID+"."+op.Name, func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(5, uint64(len(op.Name))))
				for range 50 {
					fn(t, rng, svc, op, types[0], types[1])
				}
			})
		}
	}
}

// What aws-sdk-go serializes is read back equal.
func TestInputsRoundTripThroughForeignSerializer(t *testing.T) {
	t.Parallel()
	operations(t, func(t *testing.T, rng *rand.Rand, _ *schema.Service, op *schema.Operation, in, _ any) {
		theirs := reflect.New(reflect.TypeOf(in))
		fill(rng, theirs.Elem(), 4)
		form := url.Values{"Action": {op.Name}}
		if err := queryutil.Parse(form, theirs.Interface(), false); err != nil {
			t.Fatal(err)
		}
		f, err := query.Parse(form.Encode())
		if err != nil {
			t.Fatal(err)
		}
		ours := op.NewInput()
		if err := query.Decode(op.Input, f, ours); err != nil {
			t.Fatalf("%v\n%v", err, form)
		}
		if diff := differ("", reflect.ValueOf(ours), theirs); diff != "" {
			t.Fatalf("%s\n%v", diff, form)
		}
		if f.Get("Action") != op.Name {
			t.Error("Action is lost")
		}
	})
}

// What we serialize is read back equal by aws-sdk-go.
func TestOutputsRoundTripThroughForeignParser(t *testing.T) {
	t.Parallel()
	operations(t, func(t *testing.T, rng *rand.Rand, svc *schema.Service, op *schema.Operation, _, out any) {
		ours := op.NewOutput()
		fill(rng, reflect.ValueOf(ours).Elem(), 4)
		text := query.AppendResponse(nil, svc, op, ours, "req-1")
		theirs := reflect.New(reflect.TypeOf(out))
		if op.ResultWrapper != "" {
			if err := xmlutil.UnmarshalXML(theirs.Interface(), xml.NewDecoder(bytes.NewReader(text)), op.ResultWrapper); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
		}
		if diff := differ("", reflect.ValueOf(ours), theirs); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		var meta struct {
			RequestID string `xml:"ResponseMetadata>RequestId"`
		}
		if err := xml.Unmarshal(text, &meta); err != nil || meta.RequestID != "req-1" {
			t.Fatalf("%v %+v\n%s", err, meta, text)
		}
	})
}

// fill makes a random value of API types of either side.
func fill(rng *rand.Rand, v reflect.Value, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(rng.Int64N(2e9), 0).UTC()
		return
	case *[]byte:
		*x = []byte{byte(rng.IntN(256)), 0, 255}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); v.Type().Field(i).IsExported() && (f.Kind() == reflect.String || rng.IntN(4) > 0 && depth > 0) {
				fill(rng, f, depth-1)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, v.Elem(), depth)
	case reflect.Slice:
		n := rng.IntN(3 + 9*max(0, depth-2))
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(rng, v.Index(i), max(depth-1, 1))
			for hollow(deref(v.Index(i))) { // a form cannot say "a structure without members"
				fill(rng, v.Index(i), 2)
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rng.IntN(3) {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(rng, k, 1)
			fill(rng, e, depth-1)
			v.SetMapIndex(k, e)
		}
	case reflect.String:
		v.SetString([]string{"a", "x & <y> \"z\"", "ä€😀", "1.5", "a+b=c&d%20"}[rng.IntN(5)] + string(rune('a'+rng.IntN(26))))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(int32(rng.Uint32())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat([]float64{0, 1.5, -2.25e-7, 3.7e18, math.Inf(1), math.Inf(-1), math.NaN()}[rng.IntN(7)])
	}
}

// differ compares our Go types with theirs by field name; "" is equal. An empty
// list is the same as none, which neither side's XML tells apart.
func differ(path string, ours, theirs reflect.Value) string {
	for ours.Kind() == reflect.Pointer && !ours.IsNil() {
		ours = ours.Elem()
	}
	for theirs.Kind() == reflect.Pointer && !theirs.IsNil() {
		theirs = theirs.Elem()
	}
	if absent(ours) || absent(theirs) {
		if absent(ours) != absent(theirs) && !hollow(ours) && !hollow(theirs) {
			return fmt.Sprintf("%s: %v, theirs %v", path, ours, theirs)
		}
		return ""
	}
	if t, ok := ours.Interface().(time.Time); ok {
		if !t.Equal(theirs.Interface().(time.Time)) {
			return fmt.Sprintf("%s: %v, theirs %v", path, ours, theirs)
		}
		return ""
	}
	switch ours.Kind() {
	case reflect.Struct:
		for i := range ours.NumField() {
			name := ours.Type().Field(i).Name
			if f := theirs.FieldByName(name); f.IsValid() {
				if d := differ(path+"."+name, ours.Field(i), f); d != "" {
					return d
				}
			}
		}
	case reflect.Slice:
		if ours.Len() != theirs.Len() {
			return fmt.Sprintf("%s: %d items, theirs %d", path, ours.Len(), theirs.Len())
		}
		for i := range ours.Len() {
			if d := differ(fmt.Sprintf("%s[%d]", path, i), ours.Index(i), theirs.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		if ours.Len() != theirs.Len() {
			return fmt.Sprintf("%s: %d entries, theirs %d", path, ours.Len(), theirs.Len())
		}
		for _, k := range ours.MapKeys() {
			if d := differ(path+"["+k.String()+"]", ours.MapIndex(k), theirs.MapIndex(k.Convert(theirs.Type().Key()))); d != "" {
				return d
			}
		}
	default:
		if a, b := fmt.Sprint(ours), fmt.Sprint(theirs); a != b {
			return fmt.Sprintf("%s: %s, theirs %s", path, a, b)
		}
	}
	return ""
}

func deref(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil() || v.Kind() != reflect.Pointer && v.Len() == 0
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

// hollow says that nothing in v is set, which a form or XML may not mention.
func hollow(v reflect.Value) bool {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
		return absent(v)
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && !hollow(v.Field(i)) {
			return false
		}
	}
	return true
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{
		"bad escape":          "Action=%zz",
		"bad UTF-8":           "Action=%ff",
		"too deep":            strings.Repeat("a.", 40) + "b=1",
		"too many parameters": strings.Repeat("a=b&", query.MaxParameters+1),
	} {
		if _, err := query.Parse(form); aws.CodeOf(err) != aws.SerializationException {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	op := byName(t, "PutMetricData")
	for form, want := range map[string]string{
		"MetricData.member.1.Value=many":                           "MetricData.member.1.Value",
		"MetricData.member.1.StorageResolution=99999999999":        "fits",
		"MetricData.member.1.Timestamp=soon":                       "ISO 8601",
		"MetricData.member.x.Value=1":                              "position",
		"MetricData.member.-1.Value=1":                             "position",
		"MetricData.member.1.Value=1&MetricData.member.01.Value=2": "twice",
		"MetricData=5":                                   "list or map",
		"MetricData.member.1.Value.x=5":                  "structure or list",
		"MetricData.member.99999999999999999999.Value=1": "position",
	} {
		f, err := query.Parse(form)
		if err != nil {
			t.Fatal(err)
		}
		err = query.Decode(op.Input, f, op.NewInput())
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != aws.SerializationException || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// A list is as long as what came, not as its highest position says.
func TestPositionsDoNotAllocate(t *testing.T) {
	t.Parallel()
	f, _ := query.Parse("MetricData.member.2000000000.MetricName=b&MetricData.member.7.MetricName=a&Unknown.x=1")
	in := new(monitoring.PutMetricDataInput)
	if err := query.Decode(byName(t, "PutMetricData").Input, f, in); err != nil {
		t.Fatal(err)
	}
	if len(in.MetricData) != 2 || aws.Val(in.MetricData[0].MetricName) != "a" || aws.Val(in.MetricData[1].MetricName) != "b" {
		t.Errorf("%+v", in.MetricData)
	}
}

func TestErrorIsReadByForeignParser(t *testing.T) {
	t.Parallel()
	text := query.AppendError(nil, sts.Service.XMLNamespace, "Sender", "ExpiredToken", "a < b & \x00", "req-2")
	var e struct {
		Type      string `xml:"Error>Type"`
		Code      string `xml:"Error>Code"`
		Message   string `xml:"Error>Message"`
		RequestID string `xml:"RequestId"`
	}
	if err := xml.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "Sender" || e.Code != "ExpiredToken" || e.Message != "a < b & \uFFFD" || e.RequestID != "req-2" {
		t.Errorf("%+v\n%s", e, text)
	}
}

func byName(t testing.TB, name string) *schema.Operation {
	t.Helper()
	for _, svc := range []*schema.Service{sts.Service, iam.Service, monitoring.Service} {
		for _, op := range svc.Operations {
			if op.Name == name {
				return op
			}
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// FuzzDecode: whatever the form holds, decoding ends with an input or a clear refusal.
func FuzzDecode(f *testing.F) {
	f.Add("Namespace=a&MetricData.member.1.Dimensions.member.1.Name=x&MetricData.member.1.Values.member.1=NaN")
	f.Add("MetricData=&MetricData.member.1=&StatisticValues.Sum=1e400")
	ops := []*schema.Operation{byName(f, "PutMetricData"), byName(f, "GetMetricData"), byName(f, "SimulatePrincipalPolicy")}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := query.Parse(text)
		for _, op := range ops {
			if err == nil {
				err = query.Decode(op.Input, form, op.NewInput())
			}
			if err != nil && aws.CodeOf(err) != aws.SerializationException {
				t.Fatal(err)
			}
		}
	})
}
