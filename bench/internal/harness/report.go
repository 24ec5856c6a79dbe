package harness

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what one benchmark measured.
type Report struct {
	Benchmark string
	// Command and Commit say how to get the same again.
	Command, Commit string
	Machine         string
	Date            time.Time
	// Notes say under which conditions it was measured.
	Notes []string
	Rows  []Row
}

// Row is one figure.
type Row struct {
	What  string
	Value float64
	Unit  string
	// Peer is the peer's figure in the same run, Ratio how many times better ours is.
	Peer, Ratio float64 `json:",omitempty"`
	// Target is what it has to be, "" when it is for information.
	Target string `json:",omitempty"`
	Met    bool   `json:",omitempty"`
}

// AtLeast and AtMost judge a row.
func (r Row) AtLeast(v, target float64, unit string) Row {
	r.Target, r.Met = fmt.Sprintf("≥ %g%s", target, unit), v >= target
	return r
}

// AtMost judges a row by an upper bound.
func (r Row) AtMost(v, target float64, unit string) Row {
	r.Target, r.Met = fmt.Sprintf("≤ %g%s", target, unit), v <= target
	return r
}

// newReport fills in everything but the figures.
func newReport(name string) *Report {
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	return &Report{
		Benchmark: name, Command: "go run ./bench/" + name + " " + strings.Join(os.Args[1:], " "),
		Commit: strings.TrimSpace(string(commit)), Machine: machine(), Date: time.Now().UTC().Truncate(time.Second),
	}
}

// Compare adds the medians of our rounds and the peer's, and what their ratio
// has to be; without rounds of the peer there is no ratio.
func (r *Report) Compare(what string, target float64, ours, peer []float64) {
	row := Row{What: what, Value: Median(ours), Unit: "/s"}
	if len(peer) > 0 {
		row.Peer = Median(peer)
		row.Ratio = row.Value / row.Peer
		row = row.AtLeast(row.Ratio, target, "×")
	}
	r.Rows = append(r.Rows, row)
}

// Note adds a condition.
func (r *Report) Note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// print writes the report as text, or as JSON for bench/results.
func (r *Report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(w, "%s — %s — %s — commit %s\n%s\n", r.Benchmark, r.Date.Format(time.DateOnly), r.Machine, r.Commit, r.Command)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tvalue\tpeer\tratio\ttarget\t")
	for _, row := range r.Rows {
		fmt.Fprintln(t, strings.Join(row.cells(), "\t")+"\t")
	}
	return t.Flush()
}

// cells are the row as text.
func (r Row) cells() []string {
	peer, ratio, target := "", "", r.Target
	if r.Peer != 0 {
		peer = Number(r.Peer) + " " + r.Unit
	}
	if r.Ratio != 0 {
		ratio = fmt.Sprintf("%.2f×", r.Ratio)
	}
	if target != "" {
		target += map[bool]string{true: " met", false: " MISSED"}[r.Met]
	}
	return []string{r.What, Number(r.Value) + " " + r.Unit, peer, ratio, target}
}

// Markdown is the report as a section of RESULTS.md.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n`%s` · %s · commit %s\n%s\n\n", r.Benchmark, strings.TrimSpace(r.Command), r.Date.Format("2006-01-02 15:04 MST"), r.Commit, r.Machine)
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	b.WriteString("\n| what | value | peer | ratio | target |\n|---|---|---|---|---|\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row.cells(), " | "))
	}
	return b.String()
}

// Number prints a figure with three significant digits or all before the point.
func Number(v float64) string {
	if v >= 100 || v <= -100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// machine describes where we are.
func machine() string {
	cpu := runtime.GOARCH
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
				cpu = strings.TrimSpace(v)
				break
			}
		}
	}
	memory := ""
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int64
		if _, err := fmt.Sscanf(string(data), "MemTotal: %d kB", &kb); err == nil {
			memory = fmt.Sprintf(", %d GiB", (kb+1<<19)>>20)
		}
	}
	return fmt.Sprintf("%d × %s%s, %s/%s, %s", runtime.NumCPU(), cpu, memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// Median of some figures.
func Median[T cmp.Ordered](v []T) T {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// Milliseconds of d, as reports quote them.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
