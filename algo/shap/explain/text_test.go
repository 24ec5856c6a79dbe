package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// TestUnits: tokens, sentences and paragraphs, in scripts with and without spaces
// (CreateEndpointConfig-17).
func TestUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text        string
		granularity sagemaker.ClarifyTextGranularity
		want        []string
		starts      []int
	}{
		{"", "token", nil, nil},
		{"  ", "token", nil, nil},
		{" It isn't good. ", "token", []string{"It", "isn't", "good", "."}, []int{1, 4, 10, 14}},
		{"Käse, très bon", "token", []string{"Käse", ",", "très", "bon"}, []int{0, 4, 6, 11}},
		{"很好", "token", []string{"很", "好"}, []int{0, 1}},
		{"Good. Not bad!  Costs 3.50 too.", "sentence", []string{"Good.", "Not bad!", "Costs 3.50 too."}, []int{0, 6, 16}},
		{"One. Two.\n\nThree.\nFour", "paragraph", []string{"One. Two.", "Three.", "Four"}, []int{0, 11, 18}},
	} {
		_, list := units(c.text, c.granularity)
		var got []string
		var starts []int
		for _, u := range list {
			got, starts = append(got, u.text), append(starts, u.start)
		}
		if !slices.Equal(got, c.want) || !slices.Equal(starts, c.starts) {
			t.Errorf("%q by %s: %q at %v, want %q at %v", c.text, c.granularity, got, starts, c.want, c.starts)
		}
	}
}

// FuzzUnits: all units together are the text, and each stands where it says.
func FuzzUnits(f *testing.F) {
	for _, text := range []string{"It isn't good.", "  a\n\nb ", "很好。很坏", "\r\n \u2029x", "👩‍👧 e\u0301"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("requests are UTF-8")
		}
		for _, g := range []sagemaker.ClarifyTextGranularity{"token", "sentence", "paragraph"} {
			lead, list := units(text, g)
			if got := assemble(lead, list, "", func(int) bool { return true }); got != text {
				t.Fatalf("%s: %q was put together as %q", g, text, got)
			}
			runes := []rune(text)
			for _, u := range list {
				n := utf8.RuneCountInString(u.text)
				if n == 0 || string(runes[u.start:u.start+n]) != u.text {
					t.Fatalf("%s: %q of %q does not stand at %d", g, u.text, text, u.start)
				}
			}
		}
	})
}

// FuzzOutputs: no answer of a model makes the reader panic, and what it reads has
// scores.
func FuzzOutputs(f *testing.F) {
	for _, data := range []string{"0.5", "1,0.6\n0,0.3", `"['a','b']","[0.1,0.9]"`, `{"p":[1]}`, "[['a'", `"[1,\'"`, "[]"} {
		f.Add(data, true, 2)
		f.Add(data, false, 1)
	}
	f.Fuzz(func(t *testing.T, data string, isCSV bool, n int) {
		mime := mimeJSONLines
		if isCSV {
			mime = mimeCSV
		}
		list, err := selectors{}.read(mime, []byte(data), n)
		if err != nil {
			return
		}
		if len(list) != n {
			t.Fatalf("%d predictions, want %d", len(list), n)
		}
		for _, p := range list {
			if len(p.scores) == 0 {
				t.Fatalf("no scores in %q", data)
			}
		}
	})
}

// FuzzRecords: what is read and written again says the same.
func FuzzRecords(f *testing.F) {
	f.Add("1,2\n+3,\"a \"\"b\"\"\"", true)
	f.Add(`[1,"a,b",true,null]`, false)
	f.Fuzz(func(t *testing.T, data string, isCSV bool) {
		mime := mimeJSONLines
		if isCSV {
			mime = mimeCSV
		}
		var plain format
		list, err := plain.read(mime, []byte(data))
		if err != nil {
			return
		}
		for _, r := range list {
			if !isCSV && !json.Valid(plain.write(mime, r.cells)) {
				t.Fatalf("%q is written as no JSON", data)
			}
			again, err := plain.read(mime, plain.write(mime, r.cells))
			if err != nil || len(again) != 1 || !slices.EqualFunc(again[0].cells, r.cells, cell.same) {
				t.Fatalf("%q was written and read as %v: %v", data, again, err)
			}
		}
	})
}

// TestText: a model that counts good words; a text and a number; the units with
// their places; the baseline in place of what is absent (Explain-3, Explain-4).
func TestText(t *testing.T) {
	t.Parallel()
	var asked []string
	model := func(_ context.Context, body []byte, _ string) (Payload, error) {
		rows, err := csvRows(body)
		out := make([]string, len(rows))
		for i, row := range rows {
			asked = append(asked, row[0])
			out[i] = fmt.Sprintf("%d%s", strings.Count(row[0], "good"), map[string]string{"5": ".5", "1": ".1"}[row[1]])
		}
		return Payload{mimeCSV, []byte(strings.Join(out, "\n"))}, err
	}
	for baseline, replaced := range map[string]string{"<UNK>,1": "good <UNK> <UNK><UNK>", "\"\",1": "good"} {
		asked = nil
		e, err := New(&sagemaker.ClarifyExplainerConfig{
			InferenceConfig: &sagemaker.ClarifyInferenceConfig{FeatureHeaders: []string{"review", "stars"}},
			ShapConfig: &sagemaker.ClarifyShapConfig{
				ShapBaselineConfig: &sagemaker.ClarifyShapBaselineConfig{ShapBaseline: aws.Ptr(baseline)},
				TextConfig:         &sagemaker.ClarifyTextConfig{Language: "en", Granularity: "token"},
			},
		}, []byte(baseline))
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Explain(t.Context(), Request{Payload: Payload{mimeCSV, []byte(`"good not bad.",5`)}}, model)
		if err != nil {
			t.Fatal(err)
		}
		want := `"explanations":{"kernel_shap":[[{"feature_header":"review","feature_type":"text","attributions":[` +
			`{"attribution":[1],"description":{"partial_text":"good","start_idx":0}},` +
			`{"attribution":[0],"description":{"partial_text":"not","start_idx":5}},` +
			`{"attribution":[0],"description":{"partial_text":"bad","start_idx":9}},` +
			`{"attribution":[0],"description":{"partial_text":".","start_idx":12}}]},` +
			`{"feature_header":"stars","feature_type":"numerical","attributions":[{"attribution":[0.4]}]}]]}}`
		if got := rounded(t, p.Data); !strings.HasSuffix(got, want) {
			t.Errorf("baseline %s: %s, want it to end in %s", baseline, got, want)
		}
		if !slices.Contains(asked, replaced) {
			t.Errorf("baseline %s: the model was asked %q, and not %q", baseline, asked, replaced)
		}
	}
}

// rounded is an answer whose attributions are rounded to 9 decimals.
func rounded(t *testing.T, data []byte) string {
	t.Helper()
	var r response
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	for _, record := range r.Explanations.KernelSHAP {
		for _, f := range record {
			for _, a := range f.Attributions {
				for k := range a.Attribution {
					var v float64
					if _, err := fmt.Sscanf(fmt.Sprintf("%.9f", a.Attribution[k]), "%g", &v); err != nil {
						t.Fatal(err)
					}
					a.Attribution[k] = v
				}
			}
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
