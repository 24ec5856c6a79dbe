package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/app"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/wire/validate/javare"
)

// A NUL character in any text that the model lets through, and text that is SQL, of
// any operation that speaks JSON, is refused or kept, never an internal error, and
// the same on both databases: PostgreSQL's columns take no NUL, and no statement is
// made of a client's text.
func TestNULInEveryText(t *testing.T) {
	t.Parallel()
	answers := map[string]map[string]string{}
	t.Run("databases", func(t *testing.T) {
		var mu sync.Mutex
		storetest.EachURL(t, func(t *testing.T, url string) {
			database, name := url, "postgres"
			if strings.HasPrefix(url, "sqlite:") {
				database, name = "sqlite", "sqlite"
			}
			found := sendNULs(t, database)
			mu.Lock()
			defer mu.Unlock()
			answers[name] = found
		})
	})
	kept := 0
	for call, answer := range answers["sqlite"] {
		if strings.HasPrefix(answer, "200") {
			kept++
		}
		if other, both := answers["postgres"][call]; both && other != answer {
			t.Errorf("%s: %s on SQLite, %s on PostgreSQL", call, answer, other)
		}
	}
	if n := len(answers["sqlite"]); n < 400 || kept < 100 || kept > n-20 {
		t.Errorf("%d calls, %d kept: too few to say anything", n, kept)
	}
}

// sendNULs sends every text of every operation with a NUL and with SQL, one at a
// time, and tells the answers' status and code.
func sendNULs(t *testing.T, database string) map[string]string {
	t.Helper()
	a := serve(t, func(c *app.Config) {
		c.Database, c.Runner, c.Logger = database, app.RunnerFake, slog.New(alarm{slog.DiscardHandler, t})
	})
	c := newClient(t, a, "123456789012", "us-east-1")
	implemented := map[string]bool{}
	for _, op := range a.Operations() {
		implemented[op.Service+"."+op.Name] = op.Implemented
	}
	const keeper = `{"ExperimentName":"keeper","Description":"'); DELETE FROM resource; --"}`
	if status, answer := c.json("sagemaker", "SageMaker.CreateExperiment", keeper); status != http.StatusOK {
		t.Fatalf("keeper: %s", answer)
	}
	found := map[string]string{}
	for _, operation := range inOrder(implemented) {
		w := writer{hostile: nuls}
		inputs := append([]any{w.least(operation.Input)}, w.withNUL(operation.Input, "", 0)...)
		w.hostile = statements
		inputs = append(inputs, w.withNUL(operation.Input, "", 0)...)
		for i, in := range inputs {
			body := withOwn(operation.Name, in, i)
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			status, answer := operation.send(c, string(text))
			var refusal struct {
				Type string `json:"__type"`
			}
			_ = json.Unmarshal([]byte(answer), &refusal)
			where := "least"
			if i > 0 {
				where = w.places[i-1]
			}
			if status >= 500 {
				t.Errorf("%s %s: %d %s\n%s", operation.Name, where, status, answer, text)
			}
			found[fmt.Sprintf("%s %d %s", operation.Name, i, where)] = fmt.Sprint(status, " ", refusal.Type)
		}
	}
	if status, answer := c.json("sagemaker", "SageMaker.DescribeExperiment", `{"ExperimentName":"keeper"}`); status != http.StatusOK || !strings.Contains(answer, "'); DELETE FROM resource; --") {
		t.Errorf("what nobody changed is gone: %s", answer)
	}
	for _, r := range []sagemaker.ResourceType{"TrainingJob", "Experiment", "ExperimentTrialComponent", "ModelPackage", "ModelPackageGroup", "Model", "ModelCard"} {
		if status, answer := c.json("sagemaker", "SageMaker.Search", `{"Resource":"`+string(r)+`"}`); status != http.StatusOK {
			t.Errorf("Search of %s: %s", r, answer)
		}
	}
	return found
}

// alarm fails the test when the server logs an error.
type alarm struct {
	slog.Handler
	t *testing.T
}

// Enabled implements slog.Handler.
func (a alarm) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler.
func (a alarm) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(at slog.Attr) bool { text += " " + at.String(); return true })
	a.t.Errorf("logged: %s", text)
	return nil
}

// WithAttrs implements slog.Handler.
func (a alarm) WithAttrs([]slog.Attr) slog.Handler { return a }

// WithGroup implements slog.Handler.
func (a alarm) WithGroup(string) slog.Handler { return a }

// sent is an operation and how it is sent.
type sent struct {
	*schema.Operation
	send func(c *client, body string) (int, string)
}

// inOrder are the implemented operations that speak JSON: what makes resources
// first, what deletes them last.
func inOrder(implemented map[string]bool) (list []sent) {
	for _, s := range []*schema.Service{sagemaker.Service, logs.Service, sagemakermetrics.Service} {
		for _, op := range s.Operations {
			if !implemented[s.ID+"."+op.Name] {
				continue
			}
			target := map[string]string{"sagemaker": "SageMaker.", "logs": "Logs_20140328."}[s.ID]
			send := func(c *client, body string) (int, string) { return c.json(s.SigningName, target+op.Name, body) }
			if target == "" {
				send = func(c *client, body string) (int, string) { return c.rest(op.Method, op.Path, body) }
			}
			list = append(list, sent{op, send})
		}
	}
	rank := func(s sent) int {
		order := []string{"CreateExperiment", "CreateModelPackageGroup", "Create", "", "DeleteModelPackage", "Delete"}
		best := 3
		for i, prefix := range order {
			if prefix != "" && strings.HasPrefix(s.Name, prefix) && (i != 4 || s.Name == prefix) {
				best = i
				if i < 2 {
					break
				}
			}
		}
		return best
	}
	slices.SortStableFunc(list, func(a, b sent) int { return rank(a) - rank(b) })
	return list
}

// withOwn is the input with what the operation needs besides the required
// members; everything that is made has a name of its own, the first is "probe".
func withOwn(operation string, in any, i int) map[string]any {
	body := maps.Clone(in.(map[string]any))
	for member, value := range map[string]map[string]any{
		"CreateModelPackage": {"ModelPackageGroupName": "probe"},
		"CreateModel":        {"PrimaryContainer": map[string]any{"Image": "example/serve:1"}},
		"CreateModelCard":    {"Content": "{}"},
	}[operation] {
		if _, given := body[member]; !given {
			body[member] = value
		}
	}
	if kind, creates := strings.CutPrefix(operation, "Create"); creates {
		if _, named := body[kind+"Name"]; named && i > 0 {
			body[kind+"Name"] = fmt.Sprint("probe-", i)
		}
	}
	return body
}

// writer makes values of shapes.
type writer struct {
	// hostile are the texts of withNUL, of which the first that fits is taken, and
	// places are where they stand.
	hostile, places []string
}

// texts are values for texts with a pattern: the first that fits is taken.
func texts() []string {
	const arn = "arn:aws:sagemaker:us-east-1:123456789012:"
	list := []string{"probe", "s3://bucket/probe.tar.gz", "arn:aws:iam::123456789012:role/probe"}
	for _, kind := range []string{"experiment/probe", "action/probe", "experiment-trial-component/probe", "model-package-group/probe", "model-package/probe/1",
		"artifact/0123456789abcdef0123456789abcdef", "model-card/probe", "model-card/probe/export-job/probe", "training-job/probe", "lineage-group/probe"} {
		list = append(list, arn+kind)
	}
	return append(list, "1", "sha256:"+strings.Repeat("0", 64), "/opt/ml/probe", "2023-12-15T08:30:00", "sg-1", "arn:aws:lambda:us-east-1:123456789012:function:probe")
}

// fitting is the first of the texts that the shape lets through.
func fitting(s *schema.Shape, list ...string) (string, bool) {
	match := func(string) bool { return true }
	if s.Pattern != "" {
		if compiled, err := javare.Compile(s.Pattern); err == nil {
			match = compiled
		}
	}
	for _, text := range list {
		n := float64(utf8.RuneCountInString(text))
		if (!s.HasMin || n >= s.Min) && (!s.HasMax || n <= s.Max) && match(text) {
			return text, true
		}
	}
	return "", false
}

// least is a value with the required members alone.
func (w *writer) least(s *schema.Shape) any {
	switch s.Kind {
	case schema.Structure, schema.Union:
		v := map[string]any{}
		for _, m := range s.Members {
			if m.Required || s.Kind == schema.Union && len(v) == 0 {
				v[m.Name] = w.least(m.Shape)
			}
		}
		return v
	case schema.List:
		return []any{w.least(s.Elem)}
	case schema.Map:
		return map[string]any{"probe": w.least(s.Elem)}
	case schema.String:
		text, _ := fitting(s, texts()...)
		return text
	case schema.Enum:
		return s.Enum[0]
	case schema.Boolean:
		return false
	case schema.Timestamp:
		return 1702629000
	case schema.Blob:
		return "AAAA"
	}
	return max(1, s.Min)
}

// withNUL are values that have one hostile text each, in all places that may have
// one.
func (w *writer) withNUL(s *schema.Shape, place string, depth int) (list []any) {
	if depth > 8 {
		return nil
	}
	switch s.Kind {
	case schema.Structure, schema.Union:
		for _, m := range s.Members {
			for _, v := range w.withNUL(m.Shape, place+"."+m.Name, depth+1) {
				whole := map[string]any{}
				if s.Kind == schema.Structure {
					whole = w.least(s).(map[string]any)
				}
				whole[m.Name] = v
				list = append(list, whole)
			}
		}
	case schema.List:
		for _, v := range w.withNUL(s.Elem, place+"[]", depth+1) {
			list = append(list, []any{v})
		}
	case schema.Map:
		for _, v := range w.withNUL(s.Elem, place+"{}", depth+1) {
			list = append(list, map[string]any{"probe": v})
		}
		if key, ok := fitting(s.Key, w.hostile...); ok {
			w.places = append(w.places, place+" key")
			list = append(list, map[string]any{key: w.least(s.Elem)})
		}
	case schema.String:
		if text, ok := fitting(s, w.hostile...); ok {
			w.places = append(w.places, place)
			list = append(list, text)
		}
	}
	return list
}

// nuls are texts with a NUL in different surroundings.
var nuls = []string{"a\x00b", "s3://bucket/a\x00b.tar.gz", "arn:aws:sagemaker:us-east-1:123456789012:artifact/a\x00b", "arn:aws:sagemaker:us-east-1:123456789012:experiment/a\x00b"}

// statements are texts that would end or change a statement which they were put
// into.
var statements = []string{`'); DELETE FROM resource; --"\%_$1`, "s3://bucket/'); DELETE FROM resource; --.tar.gz", arns + "artifact/'); DELETE FROM resource; --", arns + "experiment/'); DELETE FROM resource; --"}
