package checksum

import "hash/crc32"

// field is the arithmetic of polynomials over GF(2) modulo a CRC's polynomial,
// in the reflected form: the highest bit of a word is x^0.
type field struct {
	poly  uint64
	width int // bits of the CRC
}

// fieldOf is the field of a CRC algorithm.
func fieldOf(name string) field {
	switch name {
	case CRC32C:
		return field{crc32.Castagnoli, 32}
	case CRC64NVME:
		return field{nvme, 64}
	}
	return field{crc32.IEEE, 32}
}

// mul is a times b.
func (f field) mul(a, b uint64) (p uint64) {
	for m := uint64(1) << (f.width - 1); a != 0; m >>= 1 {
		if a&m != 0 {
			p ^= b
			a &^= m
		}
		if b&1 != 0 {
			b = b>>1 ^ f.poly
		} else {
			b >>= 1
		}
	}
	return p
}

// zeros is x^(8n), what n zero bytes multiply the CRC register with.
func (f field) zeros(n int64) uint64 {
	p, square := uint64(1)<<(f.width-1), uint64(1)<<(f.width-2)
	for range 3 { // bits to bytes
		square = f.mul(square, square)
	}
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p = f.mul(square, p)
		}
		square = f.mul(square, square)
	}
	return p
}

// combine is the CRC of A followed by B, from the CRC a of A, b of B and the
// length of B in bytes. Appending B shifts A by as many zero bytes; the pre- and
// post-conditioning of these CRCs cancels out.
func combine(name string, a, b uint64, n int64) uint64 {
	f := fieldOf(name)
	return f.mul(f.zeros(n), a) ^ b
}
