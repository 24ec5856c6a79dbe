package mirror

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestJournal: whatever is added, in whatever order, and wherever a crash tears
// the last line, opening gives back what was noted; compaction changes nothing.
func TestJournal(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		path := filepath.Join(t.TempDir(), "j")
		want := map[string]known{}
		j, state, err := openJournal(path)
		if err != nil || len(state) != 0 {
			t.Fatalf("%v, %v", state, err)
		}
		for range rnd.IntN(3000) {
			p, k := fmt.Sprint("f", rnd.IntN(20)), known{signature{rnd.Int64(), rnd.Int64(), rnd.Uint64()}, "e", true}
			if rnd.IntN(3) == 0 {
				delete(want, p)
				err = j.add(record{Path: p, Gone: true})
			} else {
				want[p] = k
				err = j.add(record{Path: p, known: k})
			}
			if err == nil {
				err = j.compact(want)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if j.lines > 1100 {
			t.Fatalf("%d lines", j.lines)
		}
		if _, err := j.file.WriteString(`{"p":"f1","s":7,"go`); err != nil {
			t.Fatal(err)
		}
		j.file.Close()
		for range 2 { // the torn line is gone
			j, state, err = openJournal(path)
			if err != nil || !maps.Equal(state, want) {
				t.Fatalf("seed %d: %v, %v", seed, state, err)
			}
			if err := j.add(record{Path: "f1", known: known{ETag: "x"}}); err != nil {
				t.Fatal(err)
			}
			want["f1"] = known{ETag: "x"}
			j.file.Close()
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzJournal: any bytes are either read or refused, and what was read is read
// again.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"p":"a","s":1,"t":2,"i":3,"e":"x","ok":true}` + "\n" + `{"p":"a","gone":true}` + "\n" + `{"p`))
	f.Add([]byte("\n"))
	f.Add([]byte("{}\n[]\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		j, state, err := openJournal(path)
		if err != nil {
			return
		}
		j.file.Close()
		j, again, err := openJournal(path)
		if err != nil || !maps.Equal(state, again) {
			t.Fatalf("%v, %v, %v", state, again, err)
		}
		j.file.Close()
	})
}
