package contract

import (
	"regexp"
	"slices"

	"github.com/dlclark/regexp2"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// CheckSpecification refuses an algorithm that contradicts itself
// (CreateAlgorithm-2, -5): no job could keep such a contract, or every job would.
func CheckSpecification(spec *sagemaker.TrainingSpecification) error {
	seen := map[string]bool{}
	for _, h := range spec.SupportedHyperParameters {
		if seen[*h.Name] {
			return aws.Invalid("The hyperparameter %q occurs more than once in SupportedHyperParameters. Names must be unique.", *h.Name)
		}
		seen[*h.Name] = true
		if err := checkDeclaration(h); err != nil {
			return err
		}
	}
	seen = map[string]bool{}
	for _, c := range spec.TrainingChannels {
		if seen[*c.Name] {
			return aws.Invalid("The channel %q occurs more than once in TrainingChannels. Names must be unique.", *c.Name)
		}
		seen[*c.Name] = true
	}
	var metrics []string
	for _, m := range spec.MetricDefinitions {
		if slices.Contains(metrics, *m.Name) {
			return aws.Invalid("The metric %q occurs more than once in MetricDefinitions. Names must be unique.", *m.Name)
		}
		if err := compiles(*m.Regex); err != nil {
			return aws.Invalid("The regular expression %q of the metric definition %q does not compile: %v", *m.Regex, *m.Name, err)
		}
		metrics = append(metrics, *m.Name)
	}
	for _, o := range spec.SupportedTuningJobObjectiveMetrics {
		if !slices.Contains(metrics, *o.MetricName) {
			return aws.Invalid("SupportedTuningJobObjectiveMetrics names the metric %q, which MetricDefinitions does not define.", *o.MetricName)
		}
	}
	if len(spec.SupportedTuningJobObjectiveMetrics) > 0 && len(spec.SupportedHyperParameters) == 0 {
		return aws.Invalid("SupportedTuningJobObjectiveMetrics says that the algorithm can be tuned, so SupportedHyperParameters is required.")
	}
	return nil
}

// compiles asks both engines that training jobs search their logs with
// (TrainContainer-13: the dialect is Python's).
func compiles(expr string) error {
	if _, err := regexp.Compile(expr); err == nil {
		return nil
	}
	_, err := regexp2.Compile(expr, regexp2.None)
	return err
}

// checkDeclaration is CreateAlgorithm-2 for one hyperparameter.
func checkDeclaration(h *sagemaker.HyperParameterSpecification) error {
	member := "SupportedHyperParameters[" + *h.Name + "]."
	if h.Range != nil {
		if err := checkRange(member+"Range", h); err != nil {
			return err
		}
	}
	switch {
	case h.DefaultValue == nil:
		return nil
	case aws.Val(h.IsRequired):
		return aws.Invalid("%sDefaultValue is %q although the hyperparameter is required. Give it a default or require it, not both.", member, *h.DefaultValue)
	case !accepts(h, *h.DefaultValue):
		return aws.Invalid("%sDefaultValue is %q, but the hyperparameter takes %s.", member, *h.DefaultValue, takes(h))
	}
	return nil
}

// checkRange wants the one range that goes with the type, and numbers in order.
func checkRange(member string, h *sagemaker.HyperParameterSpecification) error {
	for _, r := range []struct {
		kind    sagemaker.ParameterType
		present bool
	}{
		{sagemaker.ParameterTypeInteger, h.Range.IntegerParameterRangeSpecification != nil},
		{sagemaker.ParameterTypeContinuous, h.Range.ContinuousParameterRangeSpecification != nil},
		{sagemaker.ParameterTypeCategorical, h.Range.CategoricalParameterRangeSpecification != nil},
	} {
		if r.present && r.kind != h.Type {
			return aws.Invalid("%s has a range for the type %s, but the hyperparameter is of the type %s.", member, r.kind, h.Type)
		}
	}
	low, high, bounded := bounds(h)
	if !bounded {
		return nil
	}
	parse := number
	if h.Type == sagemaker.ParameterTypeInteger {
		parse = integer
	}
	l, ok := parse(low)
	u, also := parse(high)
	switch {
	case !ok || !also:
		return aws.Invalid("%s goes from %q to %q; both must be numbers of the type %s.", member, low, high, h.Type)
	case l.Cmp(u) > 0:
		return aws.Invalid("%s goes from %s to %s: the minimum is above the maximum.", member, low, high)
	}
	return nil
}
