package kittest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/kit"
)

// States checks that each status of values is one of initial, the statuses that
// a new resource may have, or reached by a transition of the table, or reserved
// with a reason, and never both. It answers the table's drawing for Page.
func States[S ~string, T any](t testing.TB, values []string, table []kit.Transition[S, T], reserved map[S]string, initial ...S) string {
	t.Helper()
	reached := map[S]bool{}
	for _, s := range initial {
		reached[s] = true
	}
	for _, tr := range table {
		reached[tr.To] = true
	}
	text := "```mermaid\n" + diagram(table, initial) + "```\n"
	if len(reserved) > 0 {
		text += "\n| status that no transition reaches | why |\n|---|---|\n"
	}
	for _, v := range values {
		why := reserved[S(v)]
		if reached[S(v)] == (why != "") {
			t.Errorf("%s: reached %v, reserved %q: it is one of the two", v, reached[S(v)], why)
		}
		if why != "" {
			text += fmt.Sprintf("| %s | %s |\n", v, why)
		}
	}
	return text
}

// diagram draws the table as a mermaid state diagram.
func diagram[S ~string, T any](table []kit.Transition[S, T], initial []S) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range initial {
		fmt.Fprintf(&b, "    [*] --> %s\n", s)
	}
	left := map[S]bool{}
	var ends []S
	for _, tr := range table {
		for _, from := range tr.From {
			left[from] = true
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, tr.To, tr.Name)
		}
		ends = append(ends, tr.To)
	}
	slices.Sort(ends)
	for _, s := range slices.Compact(ends) {
		if !left[s] {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}

// Page checks that the page of that title in docs/states says parts, the drawings
// that States answers and text between them. It belongs to the package whose test
// calls it, a directory of service/. With SAGEBRUSH_UPDATE=1 (make generate) the
// page is written anew.
func Page(t testing.TB, title string, parts ...string) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("# %s\n\nDrawn from the transitions in `service/%s/status.go` by its test; `make generate` redraws it.\n\n%s",
		title, filepath.Base(dir), strings.Join(parts, "\n"))
	file := strings.ReplaceAll(strings.ToLower(title), " ", "-") + ".md"
	path := filepath.Join(dir, "..", "..", "docs", "states", file)
	if os.Getenv("SAGEBRUSH_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/states/%s is not current (%v): run make generate", file, err)
	}
}
