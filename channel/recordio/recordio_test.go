package recordio

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/quick"
)

// A frame is, byte for byte, what MXNet defines (TrainData-5).
func TestFrame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ record, want string }{
		{"", "\x0a\x23\xd7\xce\x00\x00\x00\x00"},
		{"abcd", "\x0a\x23\xd7\xce\x04\x00\x00\x00abcd"},
		{"hello", "\x0a\x23\xd7\xce\x05\x00\x00\x00hello\x00\x00\x00"},
	} {
		var b bytes.Buffer
		if err := Write(&b, bytes.NewReader([]byte(c.record)), int64(len(c.record))); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("%q is framed as %q, want %q", c.record, b.String(), c.want)
		}
	}
}

// Records of 2^29 bytes and more come in parts (TrainData-5).
func TestParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size  int64
		kinds []byte
	}{
		{0, []byte{whole}}, {MaxPart, []byte{whole}}, {MaxPart + 1, []byte{first, last}}, {1 << 29, []byte{first, last}},
		{2 * MaxPart, []byte{first, last}}, {2*MaxPart + 5, []byte{first, middle, last}},
	} {
		var kinds []byte
		var sum int64
		parts := Parts(c.size)
		for i, p := range parts {
			kinds = append(kinds, p.Header[7]>>5)
			sum += p.Length
			if i < len(parts)-1 && len(p.Padding) > 0 {
				t.Errorf("%d: part %d is padded", c.size, i)
			}
		}
		if !slices.Equal(kinds, c.kinds) || sum != c.size {
			t.Errorf("%d: parts of kinds %v with %d bytes, want %v", c.size, kinds, sum, c.kinds)
		}
	}
}

// What is written is read back, whole or in parts (law).
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	law := func(records [][]byte, most uint8) bool {
		var b bytes.Buffer
		for _, r := range records {
			at := 0
			for _, p := range parts(int64(len(r)), 4*int64(most)+4) {
				b.Write(p.Header[:])
				b.Write(r[at : at+int(p.Length)])
				b.Write(p.Padding)
				at += int(p.Length)
			}
		}
		in := NewReader(&b, 1<<20)
		for _, want := range records {
			got, err := in.Next()
			if err != nil || !bytes.Equal(got, want) {
				return false
			}
		}
		_, err := in.Next()
		return err == io.EOF
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	magic := "\x0a\x23\xd7\xce"
	for name, in := range map[string]string{
		"no magic": "abcdefgh", "cut in the header": magic + "\x04", "cut in the payload": magic + "\x04\x00\x00\x00ab",
		"cut in the padding": magic + "\x01\x00\x00\x00a", "unknown kind": magic + "\x00\x00\x00\x80",
		"last without first": magic + "\x00\x00\x00\x60", "whole after first": magic + "\x00\x00\x00\x20" + magic + "\x00\x00\x00\x00",
		"never ended": magic + "\x00\x00\x00\x20", "too long": magic + "\x65\x00\x00\x00" + string(make([]byte, 104)),
	} {
		if _, err := NewReader(bytes.NewReader([]byte(in)), 100).Next(); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Write(io.Discard, bytes.NewReader(nil), 1); err != io.ErrUnexpectedEOF {
		t.Errorf("a record shorter than announced: %v", err)
	}
}

// Whatever comes in, the reader ends with io.EOF or ErrFormat, and what it
// accepted is written back to the same records.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x0a\x23\xd7\xce\x05\x00\x00\x00hello\x00\x00\x00"))
	f.Add([]byte("\x0a\x23\xd7\xce\x04\x00\x00\x20abcd\x0a\x23\xd7\xce\x01\x00\x00\x60a\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), 1<<16)
		var records [][]byte
		var out bytes.Buffer
		for {
			record, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				if !errors.Is(err, ErrFormat) {
					t.Fatal(err)
				}
				return
			}
			records = append(records, record)
			if err := Write(&out, bytes.NewReader(record), int64(len(record))); err != nil {
				t.Fatal(err)
			}
		}
		again := NewReader(&out, 1<<16)
		for _, want := range records {
			if got, err := again.Next(); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%q, %v, want %q", got, err, want)
			}
		}
	})
}
