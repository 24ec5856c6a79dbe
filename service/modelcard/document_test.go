package modelcard

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledongthuc/pdf"
)

func sample(content string) document {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	return document{
		Name: "churn-card", ARN: "arn:aws:sagemaker:us-east-1:123456789012:model-card/churn-card", Status: "Approved", Version: 3,
		Created: at, Modified: at.Add(time.Hour), Exported: at.Add(2 * time.Hour), Content: content,
	}
}

// readPDF is the text of a PDF file, by somebody else's reader, without spaces,
// which lines break at.
func readPDF(t *testing.T, file []byte) string {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	var text strings.Builder
	for n := 1; n <= r.NumPage(); n++ {
		fonts := map[string]*pdf.Font{}
		for _, name := range r.Page(n).Fonts() {
			f := r.Page(n).Font(name)
			fonts[name] = &f
		}
		page, err := r.Page(n).GetPlainText(fonts)
		must(t, err)
		text.WriteString(page)
	}
	return squeeze(text.String())
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// The document holds everything that the card says, in its order: another
// program's reader finds each name and each value of the content.
func TestDocumentHoldsTheContent(t *testing.T) {
	t.Parallel()
	file, err := sample(full).render()
	must(t, err)
	text := readPDF(t, file)
	for _, want := range []string{"churn-card", "Version3", "StatusApproved", "ARNarn:aws:sagemaker:us-east-1:123456789012:model-card/churn-card", "Created2026-11-2612:00:00UTC", "page1of"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	content, err := parse(full)
	must(t, err)
	at := 0
	var walk func(v value)
	look := func(what string) {
		t.Helper()
		i := strings.Index(text[at:], squeeze(what))
		if i < 0 {
			t.Errorf("%q is not where it belongs, after …%s", what, text[max(0, at-60):at])
			return
		}
		at += i
	}
	walk = func(v value) {
		if v.name != "" && v.name != "name" && v.kind != 0 {
			look(title(v.name))
		}
		if v.kind == 0 {
			look(v.scalar)
		}
		for _, m := range slices.Concat(v.members, v.items) {
			walk(m)
		}
	}
	walk(content)
	if again, err := sample(full).render(); err != nil || !bytes.Equal(file, again) {
		t.Errorf("the same document becomes other bytes: %v", err)
	}
}

// Long texts, wide matrices, words without end and signs that the font has not:
// nothing is lost, nothing runs off the page.
func TestDocumentOfAnything(t *testing.T) {
	t.Parallel()
	encode := func(v any) string {
		text, err := json.Marshal(v)
		must(t, err)
		return string(text)
	}
	rows := make([][]int, 30)
	for i := range rows {
		rows[i] = make([]int, 30)
		for j := range rows[i] {
			rows[i][j] = 1000*i + j
		}
	}
	wordy := strings.Repeat("long words and short ones, ", 70)
	for name, c := range map[string]struct {
		content any
		want    []string
	}{
		"nothing":   {map[string]any{}, []string{"churn-card"}},
		"long":      {map[string]any{"a": wordy}, []string{wordy}},
		"endless":   {map[string]any{"a": strings.Repeat("x", 2000)}, []string{strings.Repeat("x", 2000)}},
		"wide":      {map[string]any{"a": rows}, []string{"29000, 29001, 29002"}},
		"signs":     {map[string]any{"a": "日本 \U0001F600 \x07 \u202e tab\there \u00a0."}, []string{"[U+65E5][U+672C]", "[U+1F600]", "[U+0007]", "[U+202E]", "tab here"}},
		"objects":   {map[string]any{"a": []any{map[string]any{"name": "first", "b": wordy}, map[string]any{"c": []any{}}}}, []string{"first", wordy, "none"}},
		"mixed":     {map[string]any{"a": []any{1, []any{2, 3}, map[string]any{"d": nil}}}, []string{"2, 3", "null"}},
		"many rows": {map[string]any{"a": slices.Repeat([]any{map[string]any{"name": "n", "value": "v"}}, 100)}, []string{strings.Repeat("nv", 20)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := sample(encode(c.content)).render()
			must(t, err)
			text := readPDF(t, file)
			for _, want := range c.want {
				if !strings.Contains(text, squeeze(want)) {
					t.Errorf("no %q in %.300s", want, text)
				}
			}
		})
	}
}

// Whatever the content, a document comes out, and a reader finds its pages.
func FuzzDocument(f *testing.F) {
	f.Add(full)
	f.Add(`{"a":[[]],"":{"":[{}]},"b":[{"name":[]}]}`)
	f.Add(`{"a":[[1],{"a":"b"}],"c":[{"a":"b"},{"c":"d"}]}`)
	f.Fuzz(func(t *testing.T, content string) {
		var object map[string]any
		if json.Unmarshal([]byte(content), &object) != nil || len(content) > 20_000 {
			t.Skip()
		}
		file, err := sample(content).render()
		must(t, err)
		r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil || r.NumPage() < 1 {
			t.Errorf("%d bytes: %v", len(file), err)
		}
	})
}
