package codec_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
)

func TestDecodeAndEncode(t *testing.T) {
	t.Parallel()
	// What goes in, and what comes out again; "" means the same.
	for _, c := range [][2]string{
		{`{}`, ``},
		{` { } `, `{}`},
		{`{"Text":"a\u00e9\ud83d\ude00<&>\"\\\n"}`, `{"Text":"aé😀<&>\"\\\n"}`},
		{`{"Text":null,"Inner":null,"List":null,"Choice":null}`, `{}`},
		{`{"text":"case matters","Unknown":{"a":[1,{"b":null}]},"Text":"x"}`, `{"Text":"x"}`},
		{`{"Text":"first","Text":"last"}`, `{"Text":"last"}`},
		{`{"Inner":{"Text":"a"},"Inner":{"Flag":true}}`, `{"Inner":{"Flag":true}}`},
		{`{"Text":"set","Text":null}`, `{}`},
		{`{"T\u0065xt":"escaped name"}`, `{"Text":"escaped name"}`},
		{`{"Choice":"Three"}`, ``}, // the validator refuses it
		{`{"Choice":""}`, ``},
		{`{"Choices":["One",""]}`, ``},
		{`{"Text":""}`, ``},
		{`{"Flag":false}`, ``},
		{`{"Flag":"TRUE"}`, `{"Flag":true}`},
		{`{"Small":-2147483648}`, ``},
		{`{"Small":3.0}`, `{"Small":3}`},
		{`{"Small":1e3}`, `{"Small":1000}`},
		{`{"Big":9223372036854775807}`, ``},
		{`{"Single":0.1,"Double":0.1}`, ``},
		{`{"Double":1e300}`, `{"Double":1e+300}`},
		{`{"Double":"NaN","Single":"-Infinity"}`, `{"Single":"-Infinity","Double":"NaN"}`},
		{`{"When":1702629000}`, ``},
		{`{"When":1702629000.123}`, ``},
		{`{"When":1.702629000123E9}`, `{"When":1702629000.123}`},
		{`{"When":1702629000.1239999}`, `{"When":1702629000.123}`},
		{`{"When":-0.5}`, ``},
		{`{"When":"2023-12-15T08:30:00Z"}`, `{"When":1702629000}`},
		{`{"When":"2023-12-15T09:30:00.25+01:00"}`, `{"When":1702629000.25}`},
		{`{"When":"2023-12-15T09:30:00+0100"}`, `{"When":1702629000}`},
		{`{"When":"Fri, 15 Dec 2023 08:30:00 GMT"}`, `{"When":1702629000}`},
		{`{"When":"1702629000.5"}`, `{"When":1702629000.5}`},
		{`{"ISO":"2023-12-15T08:30:00Z"}`, ``},
		{`{"Data":""}`, ``},
		{`{"Data":"AP8="}`, ``},
		{`{"List":[]}`, ``},
		{`{"List":["a","b"],"Inners":[{},{"Inners":[]}]}`, ``},
		{`{"Texts":{"b":"1","a":"2","":"3"}}`, `{"Texts":{"":"3","a":"2","b":"1"}}`},
		{`{"Numbers":{}}`, ``},
		{`{"Either":{"A":"x"}}`, ``},
		{`{"Either":{"B":[],"A":null,"C":1}}`, `{"Either":{"B":[]}}`},
		{`{"Matrix":[[1,"NaN"],[]]}`, ``},
		{`{"ByChoice":{"One":{},"":{"Small":1}}}`, `{"ByChoice":{"":{"Small":1},"One":{}}}`},
	} {
		in, want := c[0], c[1]
		if want == "" {
			want = in
		}
		got := new(everything)
		if err := codec.DecodeJSON(everythingShape, []byte(in), got); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		out, err := codec.AppendJSON(nil, everythingShape, got)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if string(out) != want {
			t.Errorf("%s\ncame out as %s\nwant        %s", in, out, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"Inner":`, 200) + "{}" + strings.Repeat("}", 200)
	deepUnknown := `{"X":` + strings.Repeat(`[`, 200) + strings.Repeat("]", 200) + `}`
	for _, c := range [][2]string{
		{`{"Small":"1"}`, "STRING_VALUE can not be converted to an Integer, at 'small'"},
		{`{"Small":true}`, "TRUE_VALUE can not be converted to an Integer, at 'small'"},
		{`{"Small":2147483648}`, "NUMBER_VALUE 2147483648 can not be converted to an Integer, at 'small'"},
		{`{"Small":1.5}`, "NUMBER_VALUE 1.5 can not be converted to an Integer, at 'small'"},
		{`{"Big":1e30}`, "NUMBER_VALUE 1e30 can not be converted to a Long, at 'big'"},
		{`{"Small":[1]}`, "Start of list found where not expected, at 'small'"},
		{`{"Small":{"a":1}}`, "Start of structure or map found where not expected, at 'small'"},
		{`{"Text":1}`, "NUMBER_VALUE can not be converted to a String, at 'text'"},
		{`{"Choice":false}`, "FALSE_VALUE can not be converted to a String, at 'choice'"},
		{`{"Flag":1}`, "NUMBER_VALUE can not be converted to a Boolean, at 'flag'"},
		{`{"Flag":"yes"}`, "STRING_VALUE can not be converted to a Boolean, at 'flag'"},
		{`{"Double":"1"}`, "STRING_VALUE can not be converted to a Double, at 'double'"},
		{`{"Double":1e999}`, "NUMBER_VALUE 1e999 can not be converted to a Double, at 'double'"},
		{`{"When":true}`, "TRUE_VALUE can not be converted to a Timestamp, at 'when'"},
		{`{"When":"tomorrow"}`, `STRING_VALUE "tomorrow" can not be converted to a Timestamp: give seconds since 1970-01-01 UTC, or a date such as 2023-12-15T08:30:00Z, at 'when'`},
		{`{"When":1702629000123}`, "NUMBER_VALUE 1702629000123 can not be converted to a Timestamp: give seconds since"},
		{`{"Data":"***"}`, "STRING_VALUE can not be converted to a Blob: it is not valid base64, at 'data'"},
		{`{"List":"a"}`, "Expected list or null, found STRING_VALUE, at 'list'"},
		{`{"List":{}}`, "Start of structure or map found where not expected, at 'list'"},
		{`{"List":["a",1]}`, "NUMBER_VALUE can not be converted to a String, at 'list.2.member'"},
		{`{"List":["a",null]}`, "null found where not expected, at 'list.2.member'"},
		{`{"Inners":[null]}`, "null found where not expected, at 'inners.1.member'"},
		{`{"Texts":{"k":null}}`, "null found where not expected, at 'texts.k'"},
		{`{"Numbers":{"k":"x"}}`, "STRING_VALUE can not be converted to an Integer, at 'numbers.k'"},
		{`{"Inner":"x"}`, "Expected structure, map or null, found STRING_VALUE, at 'inner'"},
		{`{"Inner":{"Inners":[{},{"Small":"x"}]}}`, "STRING_VALUE can not be converted to an Integer, at 'inner.inners.2.member.small'"},
		{`{"Either":{}}`, "Exactly one known member of the union Either must be set, found 0, at 'either'"},
		{`{"Either":{"A":"x","B":[]}}`, "Exactly one known member of the union Either must be set, found 2, at 'either'"},
		{`[]`, "Start of list found where not expected"},
		{`null`, "Expected a JSON object, found null"},
		{`1`, "Expected structure, map or null, found NUMBER_VALUE"},
		{``, "The body is not valid JSON: it ends too early"},
		{`{"Text":`, "The body is not valid JSON: it ends too early"},
		{`{"Text":"a",}`, "The body is not valid JSON at byte "},
		{`{"Text":"a"} {}`, "The body holds more than one JSON value"},
		{`{"Text":"a"} x`, "The body is not valid JSON at byte "},
		{"{\"Text\":\"\xff\"}", "The body is not valid JSON at byte "},
		{"{\"Text\":\"\\ud800\"}", "The body is not valid JSON at byte "},
		{`{'Text':"a"}`, "The body is not valid JSON at byte "},
		{deep, "The body is nested deeper than 110 levels, at 'inner.inner."},
		{deepUnknown, "The body is nested deeper than 110 levels"},
	} {
		err := codec.DecodeJSON(everythingShape, []byte(c[0]), new(everything))
		var api *aws.Error
		if !errors.As(err, &api) || api.Code != aws.SerializationException {
			t.Errorf("%.80s: %v", c[0], err)
			continue
		}
		if api.Message != c[1] && !(strings.HasPrefix(api.Message, c[1]) && !strings.HasSuffix(c[1], "'")) {
			t.Errorf("%.80s\nsays %.200s\nwant %s", c[0], api.Message, c[1])
		}
	}
}

// An enum that was present as the empty string is not taken for absent.
func TestEmptyEnumIsKeptApart(t *testing.T) {
	t.Parallel()
	in := new(sagemaker.ListTrainingJobsInput)
	if err := codec.DecodeJSON(operation(t, "ListTrainingJobs").Input, []byte(`{"SortBy":""}`), in); err != nil {
		t.Fatal(err)
	}
	if in.SortBy != schema.EmptyEnum {
		t.Errorf("got %q", in.SortBy)
	}
}

func TestEncodeRefusesWhatHasNoJSON(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]*everything{
		"nil found inside a list or map, at 'inners.1.member'": {Inners: []*everything{nil}},
		"found 0, at 'either'":                                 {Either: &either{}},
		"found 2, at 'inner.either'":                           {Inner: &everything{Either: &either{A: aws.Ptr("a"), B: []string{}}}},
	} {
		_, err := codec.AppendJSON(nil, everythingShape, v)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want … %s", err, want)
		}
	}
	if _, err := codec.AppendJSON(nil, everythingShape, &struct{ Text int }{}); err == nil {
		t.Error("a type that does not fit is taken")
	}
}

// Search-3: the deepest expression that Search takes is read, and what is nested
// without end is not.
func TestDepth(t *testing.T) {
	t.Parallel()
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "Search" {
			continue
		}
		expression := func(levels int) error {
			const before, after = `{"SubExpressions":[`, `]}`
			body := `{"Resource":"TrainingJob","SearchExpression":` + strings.Repeat(before, levels-1) + `{"Filters":[{"Name":"TrainingJobName"}]}` + strings.Repeat(after, levels-1) + `}`
			return codec.DecodeJSON(op.Input, []byte(body), new(sagemaker.SearchInput))
		}
		if err := expression(50); err != nil {
			t.Errorf("50 deep: %v", err)
		}
		for _, levels := range []int{100, 200_000} {
			if err := expression(levels); aws.CodeOf(err) != aws.SerializationException || !strings.Contains(err.Error(), "nested deeper") {
				t.Errorf("%d deep: %v", levels, err)
			}
		}
		return
	}
	t.Error("there is no Search")
}

// Gen-8: a utilization that is not available is "NaN" on the wire, both ways; an
// integer that is not available is left out, because it has no such value.
func TestNotAvailable(t *testing.T) {
	t.Parallel()
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "DescribeInferenceRecommendationsJob" {
			continue
		}
		out := &sagemaker.DescribeInferenceRecommendationsJobOutput{InferenceRecommendations: []*sagemaker.InferenceRecommendation{{
			Metrics: &sagemaker.RecommendationMetrics{CpuUtilization: aws.Ptr(float32(math.NaN())), MemoryUtilization: aws.Ptr(float32(math.NaN()))},
		}}}
		const want = `{"InferenceRecommendations":[{"Metrics":{"CpuUtilization":"NaN","MemoryUtilization":"NaN"}}]}`
		got, err := codec.AppendJSON(nil, op.Output, out)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
		var back sagemaker.DescribeInferenceRecommendationsJobOutput
		if err := codec.DecodeJSON(op.Output, []byte(want), &back); err != nil {
			t.Fatal(err)
		}
		if m := back.InferenceRecommendations[0].Metrics; *m.CpuUtilization == *m.CpuUtilization || *m.MemoryUtilization == *m.MemoryUtilization || m.ModelSetupTime != nil {
			t.Errorf("read as %+v", m)
		}
		err = codec.DecodeJSON(op.Output, []byte(`{"InferenceRecommendations":[{"Metrics":{"ModelSetupTime":"NaN"}}]}`), &back)
		if err == nil {
			t.Error("an integer is NaN")
		}
		return
	}
	t.Error("there is no such operation")
}

// Text that is no UTF-8 (a program's file name, say) must not break an answer.
func TestEncodeReplacesInvalidUTF8(t *testing.T) {
	t.Parallel()
	got, err := codec.AppendJSON(nil, everythingShape, &everything{Text: aws.Ptr("a\xffb"), Double: aws.Ptr(math.Inf(-1))})
	if want := `{"Text":"a` + "\ufffd" + `b","Double":"-Infinity"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestDecodeIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	op := operation(t, "CreateTrainingJob")
	done := make(chan error)
	for range 8 {
		go func() {
			var err error
			for range 50 {
				if e := codec.DecodeJSON(op.Input, []byte(createBody), op.NewInput()); e != nil {
					err = e
				}
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
