package checksum_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/sagebrush/sagebrush/blob/checksum"
)

// TestCheckValues pins each algorithm to its published check value.
func TestCheckValues(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"CRC32":     "cbf43926",
		"CRC32C":    "e3069283",
		"CRC64NVME": "ae8b14860a799888",
		"SHA1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"SHA256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h := checksum.New(name)
		h.Write([]byte("123456789"))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
		if !checksum.Valid(name, checksum.Encode(h)) || checksum.Valid(name, "AAA=") {
			t.Errorf("%s: Valid is wrong", name)
		}
	}
	if checksum.New("MD4") != nil {
		t.Error("an unknown algorithm has a hash")
	}
}

// TestJoinFullObject: the joined checksum is that of the concatenation, however
// the content is cut.
func TestJoinFullObject(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
		for range 50 {
			whole, parts := checksum.New(name), []checksum.Part(nil)
			for range rng.IntN(6) + 1 {
				b := make([]byte, rng.IntN(5000))
				for i := range b {
					b[i] = byte(rng.Uint32())
				}
				whole.Write(b)
				h := checksum.New(name)
				h.Write(b)
				parts = append(parts, checksum.Part{Sum: checksum.Encode(h), Size: int64(len(b))})
			}
			got, err := checksum.Join(name, "FULL_OBJECT", parts)
			if want := checksum.Encode(whole); err != nil || got != want {
				t.Fatalf("%s over %d parts = %q, %v; want %q", name, len(parts), got, err, want)
			}
		}
	}
}

// TestJoinComposite: the checksum of the raw checksums and the count.
func TestJoinComposite(t *testing.T) {
	t.Parallel()
	one, two, all := checksum.New("SHA256"), checksum.New("SHA256"), checksum.New("SHA256")
	one.Write([]byte("a"))
	two.Write([]byte("b"))
	all.Write(bytes.Join([][]byte{one.Sum(nil), two.Sum(nil)}, nil))
	got, err := checksum.Join("SHA256", "COMPOSITE", []checksum.Part{
		{Sum: checksum.Encode(one), Size: 1}, {Sum: checksum.Encode(two), Size: 1}})
	if want := checksum.Encode(all) + "-2"; err != nil || got != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range [][2]string{{"SHA256", "FULL_OBJECT"}, {"CRC64NVME", "COMPOSITE"}, {"X", "COMPOSITE"}} {
		if _, err := checksum.Join(bad[0], bad[1], nil); err == nil {
			t.Errorf("%v was joined", bad)
		}
	}
}
