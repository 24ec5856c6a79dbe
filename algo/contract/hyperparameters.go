package contract

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// foreign says that a hyperparameter is not the algorithm's affair: tuning jobs
// tell their trials the objective, and the Python SDK puts its own names there.
func foreign(name string) bool {
	return name == "_tuning_objective_metric" || strings.HasPrefix(name, "sagemaker_")
}

// checkHyperParameters is DescribeAlgorithm-4. An algorithm that declares no
// hyperparameters at all has not said what it takes, and so takes any.
func checkHyperParameters(spec *sagemaker.TrainingSpecification, given map[string]string) error {
	declared := spec.SupportedHyperParameters
	if len(declared) == 0 {
		return nil
	}
	for _, h := range declared {
		value, ok := given[*h.Name]
		switch {
		case ok:
			if err := checkValue(h, value); err != nil {
				return err
			}
		case aws.Val(h.IsRequired):
			return aws.Invalid("The algorithm requires the hyperparameter %q, %s, but HyperParameters does not have it.", *h.Name, takes(h))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if find(spec, name) == nil && !foreign(name) {
			return aws.Invalid("The hyperparameter %q is none of the algorithm's, which are %s.", name, listing(names(declared)))
		}
	}
	return nil
}

// find is the declaration of a hyperparameter, nil without one.
func find(spec *sagemaker.TrainingSpecification, name string) *sagemaker.HyperParameterSpecification {
	for _, h := range spec.SupportedHyperParameters {
		if *h.Name == name {
			return h
		}
	}
	return nil
}

func names(declared []*sagemaker.HyperParameterSpecification) (list []string) {
	for _, h := range declared {
		list = append(list, *h.Name)
	}
	return list
}

// checkValue says whether a value is of the type and in the range.
func checkValue(h *sagemaker.HyperParameterSpecification, value string) error {
	if !accepts(h, value) {
		return aws.Invalid("The hyperparameter %q is %q, but the algorithm takes %s.", *h.Name, value, takes(h))
	}
	return nil
}

func accepts(h *sagemaker.HyperParameterSpecification, value string) bool {
	low, high, bounded := bounds(h)
	switch h.Type {
	case sagemaker.ParameterTypeInteger:
		n, ok := integer(value)
		return ok && (!bounded || between(n, low, high))
	case sagemaker.ParameterTypeContinuous:
		n, ok := number(value)
		return ok && (!bounded || between(n, low, high))
	case sagemaker.ParameterTypeCategorical:
		c := categories(h)
		return c == nil || slices.Contains(c, value)
	}
	return true
}

// takes says in words what a hyperparameter takes.
func takes(h *sagemaker.HyperParameterSpecification) string {
	low, high, bounded := bounds(h)
	kind := ""
	switch h.Type {
	case sagemaker.ParameterTypeInteger:
		kind = "an integer"
	case sagemaker.ParameterTypeContinuous:
		kind = "a number"
	case sagemaker.ParameterTypeCategorical:
		if c := categories(h); c != nil {
			return "one of " + listing(c)
		}
		return "a category"
	default:
		return "a text"
	}
	if bounded {
		kind += " from " + low + " to " + high
	}
	return kind
}

// bounds are those of a numeric hyperparameter; ok is false without a range.
func bounds(h *sagemaker.HyperParameterSpecification) (low, high string, ok bool) {
	switch r := h.Range; {
	case r == nil:
	case r.IntegerParameterRangeSpecification != nil:
		return *r.IntegerParameterRangeSpecification.MinValue, *r.IntegerParameterRangeSpecification.MaxValue, true
	case r.ContinuousParameterRangeSpecification != nil:
		return *r.ContinuousParameterRangeSpecification.MinValue, *r.ContinuousParameterRangeSpecification.MaxValue, true
	}
	return "", "", false
}

// categories are the values of a categorical hyperparameter, nil without a range.
func categories(h *sagemaker.HyperParameterSpecification) []string {
	if h.Range == nil || h.Range.CategoricalParameterRangeSpecification == nil {
		return nil
	}
	return h.Range.CategoricalParameterRangeSpecification.Values
}
