package mirror

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// journal is the file that says what is uploaded: one JSON line for each change
// of that, the newest of a path counts. It is not synced: it has to survive the
// server, and the job does not survive the machine.
type journal struct {
	path  string
	file  *os.File
	size  int64
	lines int
}

// record is one line.
type record struct {
	Path string `json:"p"`
	known
	Gone bool `json:"gone,omitempty"`
}

// openJournal reads the journal, or begins one.
func openJournal(path string) (*journal, map[string]known, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	j := &journal{path: path, file: f}
	state, err := j.read()
	if err == nil {
		err = f.Truncate(j.size) // a line that a crash tore
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("journal: %w", err), f.Close())
	}
	return j, state, nil
}

// read takes the whole lines, up to j.size.
func (j *journal) read() (map[string]known, error) {
	state := map[string]known{}
	in := bufio.NewReader(j.file)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return state, nil
		} else if err != nil {
			return nil, err
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", j.lines+1, err)
		}
		if state[r.Path] = r.known; r.Gone {
			delete(state, r.Path)
		}
		j.lines++
		j.size += int64(len(line))
	}
}

// add appends records in one write; all or none of them.
func (j *journal) add(records ...record) error {
	text, err := encode(slices.Values(records))
	if err != nil {
		return err
	}
	if _, err := j.file.Write(text); err != nil {
		return errors.Join(fmt.Errorf("journal: %w", err), j.file.Truncate(j.size))
	}
	j.size, j.lines = j.size+int64(len(text)), j.lines+len(records)
	return nil
}

// compact writes the journal anew once most of its lines are history.
func (j *journal) compact(state map[string]known) error {
	if j.lines < 2*len(state)+1000 {
		return nil
	}
	if err := writeJournal(j.path, state); err != nil {
		return err
	}
	fresh, _, err := openJournal(j.path)
	if err != nil {
		return err
	}
	old := j.file
	*j = *fresh
	return old.Close()
}

// writeJournal replaces the journal by one that says just state.
func writeJournal(path string, state map[string]known) error {
	text, err := encode(func(yield func(record) bool) {
		for _, p := range slices.Sorted(maps.Keys(state)) {
			if !yield(record{Path: p, known: state[p]}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	next := path + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return os.Rename(next, path)
}

func encode(records func(func(record) bool)) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for r := range records {
		if err := enc.Encode(r); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
