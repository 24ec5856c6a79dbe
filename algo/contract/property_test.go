package contract_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// anyParameter declares a hyperparameter, sensible or not.
func anyParameter(rnd *rand.Rand, name string) *sagemaker.HyperParameterSpecification {
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	value := func() string { return pick("", "-3", "0", "0.5", "1", "7", "1e2", "a", "b", "NaN") }
	h := &sagemaker.HyperParameterSpecification{Name: &name, Type: sagemaker.ParameterType(pick("Integer", "Continuous", "Categorical", "FreeText"))}
	switch rnd.IntN(5) {
	case 0:
		h.Range = integers(value(), value())
	case 1:
		h.Range = numbers(value(), value())
	case 2:
		h.Range = choices(value(), value())
	}
	if rnd.IntN(2) == 0 {
		h.DefaultValue = aws.Ptr(value())
	}
	if rnd.IntN(3) == 0 {
		h.IsRequired = aws.Ptr(true)
	}
	return h
}

// DescribeAlgorithm-4: whatever an algorithm declares, if it does not contradict
// itself then what it fills in keeps its own contract, changes nothing that the
// job said, and filling in twice is filling in once.
func TestFilledJobsKeepTheContract(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	checked, filled := 0, 0
	for range 20000 {
		s := spec()
		s.SupportedHyperParameters = nil
		for i := range 1 + rnd.IntN(4) {
			s.SupportedHyperParameters = append(s.SupportedHyperParameters, anyParameter(rnd, fmt.Sprint("h", i)))
		}
		in := job()
		in.HyperParameters = map[string]string{}
		for _, h := range s.SupportedHyperParameters {
			if aws.Val(h.IsRequired) || rnd.IntN(3) == 0 {
				in.HyperParameters[*h.Name] = []string{"1", "7", "a", "0.5"}[rnd.IntN(4)]
			}
		}
		if contract.CheckSpecification(s) != nil || contract.Check(s, in) != nil {
			continue
		}
		checked++
		given := maps.Clone(in.HyperParameters)
		contract.Fill(s, in)
		if err := contract.Check(s, in); err != nil {
			t.Fatalf("%+v of %v: %v", in.HyperParameters, s.SupportedHyperParameters, err)
		}
		for name, value := range given {
			if in.HyperParameters[name] != value {
				t.Fatalf("%s was %q and is %q", name, value, in.HyperParameters[name])
			}
		}
		once := maps.Clone(in.HyperParameters)
		if len(once) > len(given) {
			filled++
		}
		contract.Fill(s, in)
		if !maps.Equal(once, in.HyperParameters) {
			t.Fatalf("filled in once %v, twice %v", once, in.HyperParameters)
		}
	}
	if checked < 500 || filled < 100 {
		t.Errorf("only %d jobs were checked and %d filled in: the law was hardly tried", checked, filled)
	}
}
