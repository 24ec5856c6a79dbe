package monitoring

import (
	"math"
	"testing"
)

// FuzzExpression proves that any text is read or refused, without a panic, and
// that what is read can be computed.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"a", "-a^2^-1", "(1 + m1) / 0", "1..2", "a b", "((", "SUM(a)", "\x00", "2*(a-1)", "a--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseExpression(text)
		if (e == nil) == (err == nil) {
			t.Fatalf("%q: neither read nor refused: %v", text, err)
		}
		if err != nil {
			return
		}
		v, err := e(func(string) ([]point, error) { return []point{{1, 1}, {2, 2}}, nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range v.series {
			if math.IsNaN(p.value) {
				t.Fatalf("%q: not a number at %d", text, p.at)
			}
		}
	})
}

func TestExpressionStrength(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"1 + 2 * 3": 7, "(1+2)*3": 9, "2 ^ 3 ^ 2": 512, "-2 ^ 2": -4, "8 / 4 / 2": 1, "7 - 2 - 1": 4, "2 * -3": -6, "0 - -1": 1, ".5*4": 2,
	} {
		e, err := parseExpression(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v, err := e(nil); err != nil || v.number != want {
			t.Errorf("%s = %v, want %v (%v)", text, v.number, want, err)
		}
	}
}
