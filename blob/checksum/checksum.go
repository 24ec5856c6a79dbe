// Package checksum knows the content checksums of S3: how to compute them while
// bytes pass by, how they are written (base64 of the big-endian value), and how
// the checksum of a multipart object follows from those of its parts without
// reading the content again.
//
// A whole-object ("FULL_OBJECT") checksum of joined parts exists for the CRCs,
// because a CRC of a concatenation follows from the CRCs and the lengths; every
// algorithm has a "COMPOSITE" one, the checksum of the parts' raw checksums.
package checksum

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strconv"
)

// The algorithms by their names in the S3 API.
const (
	CRC32     = "CRC32"
	CRC32C    = "CRC32C"
	CRC64NVME = "CRC64NVME"
	SHA1      = "SHA1"
	SHA256    = "SHA256"
)

// The two ways in which a checksum describes a multipart object.
const (
	FullObject = "FULL_OBJECT"
	Composite  = "COMPOSITE"
)

// nvme is the reflected polynomial of CRC-64/NVME.
const nvme = 0x9a6c9329ac4bc9b5

// Names are all algorithms, in the order in which S3 documents them.
func Names() []string { return []string{CRC32, CRC32C, CRC64NVME, SHA1, SHA256} }

// New is a fresh hash of the named algorithm, nil when there is none of that name.
func New(name string) hash.Hash {
	switch name {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case CRC64NVME:
		return crc64.New(crc64.MakeTable(nvme))
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	}
	return nil
}

// Encode is the sum of h as S3 writes it.
func Encode(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// Valid tells whether value is well formed for the algorithm: base64 of the
// right length.
func Valid(name, value string) bool {
	h := New(name)
	raw, err := base64.StdEncoding.DecodeString(value)
	return h != nil && err == nil && len(raw) == h.Size()
}

// TypeAllowed tells whether a multipart upload may ask for the algorithm with the
// checksum type: SHA has no full-object sum of parts, CRC64NVME no composite one.
func TypeAllowed(name, kind string) bool {
	switch name {
	case SHA1, SHA256:
		return kind == Composite
	case CRC64NVME:
		return kind == FullObject
	case CRC32, CRC32C:
		return kind == Composite || kind == FullObject
	}
	return false
}

// DefaultType is the checksum type of a multipart upload that names none.
func DefaultType(name string) string {
	if name == CRC64NVME {
		return FullObject
	}
	return Composite
}

// Part is one part's contribution to Join.
type Part struct {
	Sum  string // as Encode writes it
	Size int64  // bytes
}

// Join is the checksum of the object that the parts make, of the given type.
func Join(name, kind string, parts []Part) (string, error) {
	if !TypeAllowed(name, kind) {
		return "", fmt.Errorf("checksum: %s has no %s checksum", name, kind)
	}
	h := New(name)
	var full uint64
	for i, p := range parts {
		raw, err := base64.StdEncoding.DecodeString(p.Sum)
		if err != nil || len(raw) != h.Size() {
			return "", fmt.Errorf("checksum: part %d has no valid %s", i+1, name)
		}
		if kind == Composite {
			h.Write(raw)
			continue
		}
		full = combine(name, full, number(raw), p.Size)
	}
	if kind == Composite {
		return Encode(h) + "-" + strconv.Itoa(len(parts)), nil
	}
	raw := binary.BigEndian.AppendUint64(nil, full)
	return base64.StdEncoding.EncodeToString(raw[8-h.Size():]), nil
}

// number is the big-endian value of raw.
func number(raw []byte) (n uint64) {
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return n
}
