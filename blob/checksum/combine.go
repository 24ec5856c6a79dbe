package checksum

import "hash/crc32"

// matrix is a linear map over GF(2) on a CRC register: column i is the image of
// bit i.
type matrix [64]uint64

// apply is m times the vector v.
func (m *matrix) apply(v uint64) (sum uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

// square is m times m.
func (m *matrix) square(width int) (sq matrix) {
	for i := range width {
		sq[i] = m.apply(m[i])
	}
	return sq
}

// combine is the CRC of A followed by B, from the CRC a of A, b of B and the
// length of B in bytes. Feeding a zero bit into the register is linear, so
// feeding n zero bytes is a power of that map, found by repeated squaring; the
// pre- and post-conditioning of these CRCs cancels out.
func combine(name string, a, b uint64, n int64) uint64 {
	poly, width := uint64(crc32.IEEE), 32
	switch name {
	case CRC32C:
		poly = crc32.Castagnoli
	case CRC64NVME:
		poly, width = nvme, 64
	}
	var m matrix // the effect of one zero bit
	m[0] = poly
	for i := 1; i < width; i++ {
		m[i] = 1 << (i - 1)
	}
	for range 3 { // eight bits, one byte
		m = m.square(width)
	}
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			a = m.apply(a)
		}
		m = m.square(width)
	}
	return a ^ b
}
