package contract_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/aws"
)

// FuzzValue compares what the contract says of a number with what Go's own
// parser does: whatever is accepted is a finite number in range, and every
// number that Go prints in range is accepted.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{"0.1", "1e-3", "5E-1", "-0", "", ".", "1e999", "0x1p-2", "inf", "1_0", "0.5000000000000000000001"} {
		f.Add(seed, 0.25)
	}
	s := spec()
	f.Fuzz(func(t *testing.T, text string, x float64) {
		in := job()
		in.HyperParameters["rate"] = text
		if contract.Check(s, in) == nil {
			// Half an ulp beyond a bound rounds to the bound.
			if n, err := strconv.ParseFloat(text, 64); err != nil || n < 1e-3 || n > 0.5 {
				t.Errorf("%q was accepted as a number from 1e-3 to 0.5: %v, %v", text, n, err)
			}
		}
		if math.Abs(x) >= 0.001 && math.Abs(x) <= 0.5 {
			in.HyperParameters["rate"] = strconv.FormatFloat(math.Abs(x), 'g', -1, 64)
			if err := contract.Check(s, in); err != nil {
				t.Errorf("%v: %v", x, err)
			}
		}
		in.HyperParameters = map[string]string{"rounds": text}
		err := contract.Check(s, in)
		n, parse := strconv.Atoi(text)
		if (err == nil) != (parse == nil && n >= 1 && n <= 100) {
			t.Errorf("rounds %q: %v, but Atoi %d, %v", text, err, n, parse)
		}
		if err != nil && aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("%q: %v", text, err)
		}
	})
}
