package logstream_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/logstream"
)

var t0 = time.Date(2023, 12, 15, 10, 0, 0, 0, time.UTC)

func write(t *testing.T, path string, lines ...string) {
	t.Helper()
	w, err := logstream.NewWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if err := w.WriteLine(t0.Add(time.Duration(i)*time.Second), []byte(l)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func messages(events []logstream.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

func all(t *testing.T, path string) []logstream.Event {
	t.Helper()
	var out []logstream.Event
	var at int64
	for {
		page, err := logstream.Read(path, at, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return out
		}
		out = append(out, page...)
		at = page[len(page)-1].Next
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a/b/s.log")
	if e, err := logstream.Read(path, 0, 0, 0); err != nil || e != nil {
		t.Fatalf("a stream without a file: %v, %v", e, err)
	}
	write(t, path, "one", "two\r\n", "", "bad \xff utf8", "nul \x00 here", "in\nside")
	want := []string{"one", "two", "", "bad \uFFFD utf8", "nul \uFFFD here", "in", "side"}
	if got := messages(all(t, path)); !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
	back, err := logstream.ReadBackward(path, -1, 2, 0)
	if err != nil || !slices.Equal(messages(back), want[5:]) {
		t.Fatalf("backward: %q, %v", messages(back), err)
	}
	back, err = logstream.ReadBackward(path, back[0].Offset, 3, 0)
	if err != nil || !slices.Equal(messages(back), want[2:5]) {
		t.Fatalf("backward: %q, %v", messages(back), err)
	}
}

func TestTimesNeverDecrease(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	write(t, path, "a", "b", "c") // up to t0+2s
	w, err := logstream.NewWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	w.WriteLine(t0, []byte("early"))
	w.Close()
	events := all(t, path)
	if got := events[3].Time; !got.Equal(t0.Add(2 * time.Second)) {
		t.Fatalf("an older line after reopening has time %v", got)
	}
}

func TestLongLinesAreSplitBetweenCharacters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	line := "x" + strings.Repeat("é", 5<<20) // 10 MiB, characters at odd offsets
	write(t, path, line, "next")
	events := all(t, path)
	var joined strings.Builder
	for _, e := range events[:len(events)-1] {
		if len(e.Message) > logstream.MaxLine || !utf8.ValidString(e.Message) || strings.Contains(e.Message, "\uFFFD") {
			t.Fatalf("piece of %d bytes", len(e.Message))
		}
		joined.WriteString(e.Message)
	}
	if joined.String() != line || events[len(events)-1].Message != "next" {
		t.Fatal("pieces do not make the line")
	}
}

func TestLinesAreVisibleWithoutClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	w, err := logstream.NewWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range 3 {
		w.WriteLine(time.Now(), []byte("line"))
		deadline := time.Now().Add(10 * time.Second)
		for len(all(t, path)) != i+1 {
			if time.Now().After(deadline) {
				t.Fatal("a written line does not become visible")
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func TestTornLastLineIsRepaired(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ tail, want string }{
		"amid the message":   {"1700000000000 tor", "one two tor new"},
		"amid the timestamp": {"17000000", "one two new"},
		"after the blank":    {"1700000000000 ", "one two  new"},
		"garbage":            {"\x00\x00\x00", "one two new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			write(t, path, "one", "two")
			f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			f.WriteString(c.tail)
			f.Close()
			if got := messages(all(t, path)); !slices.Equal(got, []string{"one", "two"}) {
				t.Fatalf("a reader sees the torn line: %q", got)
			}
			write(t, path, "new")
			if got := strings.Join(messages(all(t, path)), " "); got != c.want {
				t.Fatalf("got %q", got)
			}
		})
	}
}

func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	w, err := logstream.NewWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := logstream.NewWriter(path); !errors.Is(err, logstream.ErrBusy) {
		t.Fatalf("second writer: %v", err)
	}
	w.Close()
	w.Close()
	if err := w.WriteLine(t0, nil); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("write after close: %v", err)
	}
	write(t, path, "again")
}

// TestSeekAndPagesAgreeWithAScan: whatever the lines, pages in both directions
// and the search for a time give what a plain scan gives.
func TestSeekAndPagesAgreeWithAScan(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		path := filepath.Join(t.TempDir(), fmt.Sprint(seed))
		w, err := logstream.NewWriter(path)
		if err != nil {
			t.Fatal(err)
		}
		at := t0
		for range rnd.IntN(400) {
			at = at.Add(time.Duration(rnd.IntN(3)) * time.Millisecond)
			w.WriteLine(at, bytes.Repeat([]byte{'m'}, rnd.IntN(1+rnd.IntN(3000))))
		}
		w.Close()
		events := all(t, path)
		whole, err := logstream.Read(path, 0, 0, 1<<30)
		if err != nil || !slices.Equal(whole, events) {
			t.Fatal("pages and the whole differ")
		}
		var back []logstream.Event
		for before := int64(-1); ; {
			page, err := logstream.ReadBackward(path, before, 1+rnd.IntN(9), 1+rnd.IntN(9000))
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			back = append(page, back...)
			before = page[0].Offset
		}
		if !slices.Equal(back, events) {
			t.Fatal("backward pages differ")
		}
		for ms := -1; ms <= int(at.Sub(t0).Milliseconds())+1; ms += 1 + rnd.IntN(5) {
			when := t0.Add(time.Duration(ms) * time.Millisecond)
			want := int64(0)
			if len(events) > 0 {
				want = events[len(events)-1].Next
			}
			if i := slices.IndexFunc(events, func(e logstream.Event) bool { return !e.Time.Before(when) }); i >= 0 {
				want = events[i].Offset
			}
			if got, err := logstream.SeekTime(path, when); err != nil || got != want {
				t.Fatalf("seed %d: seek %d ms: %d, %v, want %d", seed, ms, got, err, want)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if s, err := logstream.SpanOf(path); err != nil || s != (logstream.Span{}) {
		t.Fatalf("%+v, %v", s, err)
	}
	write(t, path, "a", "b", "c")
	s, err := logstream.SpanOf(path)
	st, _ := os.Stat(path)
	if err != nil || !s.First.Equal(t0) || !s.Last.Equal(t0.Add(2*time.Second)) || s.Size != st.Size() {
		t.Fatalf("%+v, %v", s, err)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte("1 a\n2 b\n3 c"), int64(2))
	f.Add([]byte("\n\n\n"), int64(1))
	f.Add([]byte("x\n1 \n99999999999999999999 z\n"), int64(0))
	f.Add([]byte("5 a\n4 b\n3 \xff\x00\n"), int64(9))
	f.Fuzz(func(t *testing.T, content []byte, offset int64) {
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		events, err := logstream.Read(path, 0, 0, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			if !utf8.ValidString(e.Message) || e.Next <= e.Offset || i > 0 && e.Offset < events[i-1].Next {
				t.Fatalf("event %+v", e)
			}
		}
		back, err := logstream.ReadBackward(path, -1, 0, 1<<30)
		if err != nil || !slices.Equal(back, events) {
			t.Fatalf("backward %v, forward %v, %v", back, events, err)
		}
		tail, err := logstream.Read(path, offset, 0, 1<<30)
		if err != nil || len(tail) > len(events) || !slices.Equal(tail, events[len(events)-len(tail):]) {
			t.Fatalf("from %d: %v, %v", offset, tail, err)
		}
		if _, err := logstream.SeekTime(path, time.UnixMilli(2)); err != nil {
			t.Fatal(err)
		}
		w, err := logstream.NewWriter(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.WriteLine(time.UnixMilli(1), []byte("end")), w.Close()); err != nil {
			t.Fatal(err)
		}
		last, err := logstream.ReadBackward(path, -1, 1, 0)
		if err != nil || len(last) != 1 || last[0].Message != "end" {
			t.Fatalf("after repair: %v, %v", last, err)
		}
	})
}
