package statedir

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Write replaces the file at path by v in JSON, for its owner alone. Readers see
// the old or the new content whole. It survives the death of any process, not
// that of the machine.
func Write(path string, v any) error { return write(path, v, false) }

// WriteDurably is Write, and the record is on disk when it answers.
func WriteDurably(path string, v any) error { return write(path, v, true) }

func write(path string, v any, durable bool) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if durable && err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil || !durable {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// shown is how many bytes of each end of a long complaint are shown.
const shown = 1000

// Complaint is what a process wrote to its error file, for an error message: one
// that panics says why first, one that gives up last, so both ends are kept.
func Complaint(path string) string {
	data, _ := os.ReadFile(path) // no file, no message
	text := strings.TrimSpace(string(data))
	switch {
	case text == "":
		return "it left no message"
	case len(text) <= 2*shown:
		return text
	}
	head, tail := shown, len(text)-shown
	for !utf8.RuneStart(text[head]) {
		head--
	}
	for !utf8.RuneStart(text[tail]) {
		tail++
	}
	return text[:head] + " … " + text[tail:]
}
