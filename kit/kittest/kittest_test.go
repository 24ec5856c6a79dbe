package kittest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/kit/kittest"
)

type light string

var (
	on     = kit.Transition[light, int]{Name: "switch on", From: []light{"Off"}, To: "On"}
	end    = kit.Transition[light, int]{Name: "break", From: []light{"On", "Off"}, To: "Broken"}
	lights = []kit.Transition[light, int]{on, end}
)

// recorder takes the errors of a check that should fail.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestStates(t *testing.T) {
	t.Parallel()
	spare := map[light]string{"Stolen": "nobody steals here"}
	drawing := kittest.States(t, []string{"Off", "On", "Broken", "Stolen"}, lights, spare, "Off")
	want := "```mermaid\nstateDiagram-v2\n    [*] --> Off\n    Off --> On: switch on\n    On --> Broken: break\n    Off --> Broken: break\n    Broken --> [*]\n```\n" +
		"\n| status that no transition reaches | why |\n|---|---|\n| Stolen | nobody steals here |\n"
	if drawing != want {
		t.Errorf("%s", drawing)
	}
	for values, c := range map[string]struct {
		reserved map[light]string
		want     []string
	}{
		"Off On Broken Stolen": {nil, []string{"Stolen"}},
		"Off On Broken":        {map[light]string{"On": "never"}, []string{"On"}},
		"Off Broken":           {map[light]string{"Off": "never", "Broken": "never"}, []string{"Off", "Broken"}},
	} {
		r := recorder{TB: t}
		kittest.States(&r, strings.Fields(values), lights, c.reserved, "Off")
		if !slices.EqualFunc(r.errors, c.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want complaints about %q", values, r.errors, c.want)
		}
	}
}

func TestEnum(t *testing.T) {
	t.Parallel()
	got := kittest.Enum(t, "DescribeAlgorithm", "AlgorithmStatusDetails", "ValidationStatuses", "Status")
	if want := []string{"NotStarted", "InProgress", "Completed", "Failed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A page that is missing or says something else is found, and written on demand.
func TestPage(t *testing.T) { // not parallel: it sets the directory and a variable
	root := t.TempDir()
	page := filepath.Join(root, "docs", "states", "traffic-light.md")
	for _, dir := range []string{filepath.Join(root, "service", "lamp"), filepath.Dir(page)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(root, "service", "lamp"))
	complaints := func(update string, parts ...string) int {
		t.Setenv("SAGEBRUSH_UPDATE", update)
		r := recorder{TB: t}
		kittest.Page(&r, "Traffic light", parts...)
		return len(r.errors)
	}
	for i, step := range []struct {
		update, text string
		want         int
	}{{"", "one", 1}, {"1", "one", 0}, {"", "one", 0}, {"", "two", 1}, {"1", "two", 0}, {"", "two", 0}} {
		if got := complaints(step.update, step.text, "and more\n"); got != step.want {
			t.Errorf("step %d: %d complaints, want %d", i, got, step.want)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil || string(text) != "# Traffic light\n\nDrawn from the transitions in `service/lamp/status.go` by its test; `make generate` redraws it.\n\ntwo\nand more\n" {
		t.Errorf("%s, %v", text, err)
	}
}
