package logstream_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
)

func TestSplitter(t *testing.T) {
	t.Parallel()
	type chunk struct {
		after time.Duration
		text  string
	}
	for name, c := range map[string]struct {
		in   []chunk
		want []string
	}{
		"lines":           {[]chunk{{0, "a\nb\r\nc\r\r\n\nd"}}, []string{"a", "b", "c", "", "d"}},
		"torn chunks":     {[]chunk{{0, "a"}, {0, "b\r"}, {0, "\nc"}, {0, "\n"}}, []string{"ab", "c"}},
		"progress":        {[]chunk{{0, "0%\r1%\r2%\r"}, {time.Second, "50%\r"}, {0, "99%\r"}, {0, "100%\n"}, {0, "x\n"}}, []string{"0%", "50%", "100%", "x"}},
		"tqdm":            {[]chunk{{0, "\r0%"}, {0, "\r1%"}, {2 * time.Second, "\r2%"}, {0, "\r3%\n"}}, []string{"0%", "1%", "3%"}},
		"ends with a bar": {[]chunk{{0, "0%\r"}, {0, "10%\r20%\r"}}, []string{"0%", "20%"}},
		"nothing":         {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			s := logstream.NewSplitter(collect(&got))
			at := t0
			for _, k := range c.in {
				at = at.Add(k.after)
				s.Write(at, []byte(k.text))
			}
			s.Close(at)
			if !slices.Equal(got, c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSplitterCutsLongLines(t *testing.T) {
	t.Parallel()
	for _, size := range []int{logstream.MaxLine - 1, logstream.MaxLine, logstream.MaxLine + 1, 2 * logstream.MaxLine, 10 << 20} {
		var got []string
		s := logstream.NewSplitter(collect(&got))
		s.Write(t0, []byte(strings.Repeat("x", size)+"\nend\n"))
		s.Close(t0)
		total := 0
		for _, piece := range got[:len(got)-1] {
			if n := len(piece); n == 0 || n > logstream.MaxLine {
				t.Fatalf("%d: piece of %d bytes", size, n)
			}
			total += len(piece)
		}
		if total != size || got[len(got)-1] != "end" {
			t.Fatalf("%d: %d pieces, %d bytes", size, len(got), total)
		}
	}
}

// collect appends the lines of what a Splitter emits, as a Writer takes it.
func collect(to *[]string) func(time.Time, []byte) {
	return func(_ time.Time, lines []byte) {
		for line := range strings.SplitSeq(strings.TrimSuffix(string(lines), "\n"), "\n") {
			*to = append(*to, strings.TrimSuffix(line, "\r"))
		}
	}
}

// FuzzSplitter: without carriage returns, the lines joined are the input,
// however it is torn into chunks.
func FuzzSplitter(f *testing.F) {
	f.Add("a\nb\n", 1)
	f.Add("10%\r20%\r\n", 3)
	f.Add("\r\r\n\n\r", 2)
	f.Fuzz(func(t *testing.T, in string, step int) {
		run := func(step int) []string {
			var got []string
			s := logstream.NewSplitter(collect(&got))
			for rest := in; rest != ""; {
				n := min(max(step, 1), len(rest))
				s.Write(t0, []byte(rest[:n]))
				rest = rest[n:]
			}
			s.Close(t0)
			return got
		}
		got := run(step)
		if !slices.Equal(got, run(len(in))) {
			t.Fatalf("chunks of %d change the lines of %q: %q", step, in, got)
		}
		if !strings.Contains(in, "\r") && strings.Join(got, "\n") != strings.TrimSuffix(in, "\n") {
			t.Fatalf("%q became %q", in, got)
		}
	})
}
