package trees

import "math"

// XGBoost's links are computed in float32 with the C library's expf and logf.
// That of Go (a float64 function, then rounded) is another number for one value
// in some hundreds, so the two are here as glibc computes them: in float64, with
// a table and a short polynomial. The scheme and its coefficients are those of
// ARM's optimized routines (MIT licence), which glibc took up in version 2.28.

// expBits is how many places between powers of two the table of exp has, as a
// power of two.
const expBits = 5

// exponentials are 2^(i/32) as bits, less i/32 of an exponent, so that adding
// the whole number of 32nds yields a power with any exponent.
type exponentials [1 << expBits]uint64

func newExponentials() *exponentials {
	var t exponentials
	for i := range t {
		t[i] = math.Float64bits(math.Exp2(float64(i)/(1<<expBits))) - uint64(i)<<(52-expBits)
	}
	return &t
}

// exp32 is glibc's expf.
func (t *exponentials) exp32(x float32) float32 {
	const (
		perLn2 = 0x1.71547652b82fep+0 * (1 << expBits)
		c0     = 0x1.c6af84b912394p-5 / (1 << (3 * expBits))
		c1     = 0x1.ebfce50fac4f3p-3 / (1 << (2 * expBits))
		c2     = 0x1.62e42ff0c52d6p-1 / (1 << expBits)
		// Adding it rounds to a whole number, in the lowest bits of the sum.
		shift = 0x1.8p+52
	)
	switch {
	case x != x:
		return x
	case x > 0x1.62e42ep6:
		return float32(math.Inf(1))
	case x < -0x1.9fe368p6:
		return 0
	}
	z := perLn2 * float64(x)
	whole := z + shift
	bits := math.Float64bits(whole)
	r := math.FMA(perLn2, float64(x), -(whole - shift))
	scale := math.Float64frombits(t[bits%(1<<expBits)] + bits<<(52-expBits))
	y := math.FMA(math.FMA(c0, r, c1), r*r, math.FMA(c2, r, 1))
	return float32(y * scale)
}

// logarithm is a part of the table of log: 1/c and log(c) for a c in the middle
// of an interval.
type logarithm struct{ inverse, log float64 }

// log32 is glibc's logf. It is used when a model is read, not for its answers.
func log32(x float32) float32 {
	table := [16]logarithm{
		{0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2},
		{0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
		{0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},
		{0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
		{0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3},
		{0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
		{0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4},
		{0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
		{0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5},
		{0x1p+0, 0x0p+0},
		{0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},
		{0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
		{0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},
		{0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
		{0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},
		{0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
	}
	const (
		ln2    = 0x1.62e42fefa39efp-1
		a0     = -0x1.00ea348b88334p-2
		a1     = 0x1.5575b0be00b6ap-2
		a2     = -0x1.ffffef20a4123p-2
		offset = 0x3f330000
	)
	switch {
	case x != x || x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	case x > math.MaxFloat32 || x == 1:
		return x * float32(math.Log(float64(x)))
	}
	bits := math.Float32bits(x)
	if bits < 0x00800000 { // subnormal
		bits = math.Float32bits(x*0x1p23) - 23<<23
	}
	// x = 2^k z, with z in the interval that the table covers.
	rest := bits - offset
	part := table[rest>>19%16]
	k := float64(int32(rest) >> 23)
	z := float64(math.Float32frombits(bits - rest&(0x1ff<<23)))
	r := math.FMA(z, part.inverse, -1)
	y0 := math.FMA(k, ln2, part.log)
	r2 := r * r
	y := math.FMA(a1, r, a2)
	y = math.FMA(a0, r2, y)
	return float32(math.FMA(y, r2, y0+r))
}
