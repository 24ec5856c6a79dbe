package native

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// model lays a model of the corpus of algo/trees in a directory.
func model(t testing.TB, name, file string) string {
	t.Helper()
	archive, err := os.Open("../algo/trees/testdata/corpus.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	packed, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(packed); ; {
		head, err := r.Next()
		if err != nil {
			t.Fatalf("no model %s: %v", name, err)
		}
		if head.Name != name+".model" {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write(t, dir, file, string(data))
		return dir
	}
}

func write(t testing.TB, dir, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSupports: what stands in for which image, and why not.
func TestSupports(t *testing.T) {
	t.Parallel()
	boost := model(t, "xgboost-reg-squarederror-tree-json", xgboostFile)
	renamed := model(t, "xgboost-reg-squarederror-tree-ubj", "my.ubj")
	script := model(t, "xgboost-reg-squarederror-tree-json", xgboostFile)
	write(t, script, "code/inference.py", "")
	gradient := model(t, "lightgbm-regression", lightgbmFile)
	write(t, gradient, aboutFile, `{"classes": null, "categories": {}, "features": 6}`)
	odd := model(t, "lightgbm-regression", lightgbmFile)
	write(t, odd, aboutFile, `{"classes": null, "categories": {}, "features": 7}`)
	forest := model(t, "sklearn-RandomForestRegressor-5", TreesFile)
	pickle := t.TempDir()
	write(t, pickle, xgboostFile, "\x80\x04\x95\x00\x00")
	for _, c := range []struct{ image, dir, words string }{
		{"xgboost", boost, ""},
		{"xgboost", renamed, ""},
		{"xgboost", script, "script"},
		{"xgboost", pickle, "pickle"},
		{"xgboost", t.TempDir(), "there is none of"},
		{"xgboost", gradient, "does not serve models of lightgbm"},
		{"lightgbm", gradient, ""},
		{"lightgbm", odd, "7 features"},
		{"scikit-learn", forest, ""},
		{"pytorch", forest, "no native program"},
	} {
		err := Supports(c.image, c.dir)
		if c.words == "" && err != nil || c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)) {
			t.Errorf("%s: the error is %v, want one with %q", c.image, err, c.words)
		}
	}
}

// start serves a model directory until the test ends.
func start(t testing.TB, dir string) string {
	t.Helper()
	h, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s := &server{one: h, maxBody: 1 << 16, log: io.Discard}
	go func() { ended <- s.run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// ask sends a request and answers status, type and body.
func ask(t testing.TB, url, kind, accept string, body io.Reader) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Content-Type"), " ", string(text))
}

// TestForest: files of trees answer as script mode's own functions do.
func TestForest(t *testing.T) {
	t.Parallel()
	url := start(t, model(t, "sklearn-label-RandomForestClassifier-5", TreesFile)) + "/invocations"
	row := "1,2,0.5,-1,3,2"
	for _, c := range []struct{ kind, accept, body, want string }{
		{"text/csv", "*/*", row, "200 application/json [2]"},
		{"text/csv", "text/csv", row + "\n" + row, "200 text/csv 2\n2\n"},
		{"application/json", "application/json", "[[1,2,0.5,-1,3,null]]", "200 application/json [2]"},
		{"application/json", "application/json", "[1,2,0.5,-1,3,2]", "200 application/json [2]"},
		{"application/json", "application/json", "{}", "400"},
		{"application/json", "application/json", "[[1]]", "400"},
		{"application/json", "application/json", "[[1e39,2,0.5,-1,3,2]]", "400 text/plain; charset=utf-8 Row 1 has no finite number as feature 1"},
		{"application/x-npy", "", "x", "415"},
		{"text/csv", "image/png", row, "406"},
	} {
		if got := ask(t, url, c.kind, c.accept, strings.NewReader(c.body)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
}

// unknown hides the length of a body, so that it is sent in chunks.
type unknown struct{ io.Reader }

// TestBodies: whole, in chunks, too large, and none.
func TestBodies(t *testing.T) {
	t.Parallel()
	url := start(t, model(t, "xgboost-reg-squarederror-tree-json", xgboostFile)) + "/invocations"
	row := "1,2,0.5,-1,3,2"
	whole := ask(t, url, "text/csv", "", strings.NewReader(row))
	if got := ask(t, url, "text/csv", "", unknown{strings.NewReader(row)}); got != whole || !strings.HasPrefix(whole, "200 text/csv ") {
		t.Errorf("in chunks %q, whole %q", got, whole)
	}
	large := strings.Repeat("1", 1<<17)
	for _, body := range []io.Reader{strings.NewReader(large), unknown{strings.NewReader(large)}} {
		if got := ask(t, url, "text/csv", "", body); !strings.HasPrefix(got, "413 ") {
			t.Errorf("a body that is too large: %q", got)
		}
	}
	if got := ask(t, url, "text/csv", "", strings.NewReader(" \n")); got != "204  " {
		t.Errorf("no body: %q", got)
	}
}

// BenchmarkRequest is one request without HTTP.
func BenchmarkRequest(b *testing.B) {
	h, err := open(model(b, "xgboost-binary-logistic-tree-json", xgboostFile))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := h.enter()
		r.body = append(r.body[:0], "1,2.25,0.5,-1.125,3,2"...)
		if _, _, err := h.answer(r, textCSV, textCSV); err != nil {
			b.Fatal(err)
		}
		h.leave(r)
	}
}
