package contract

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// CheckTuning refuses a tuning job's ranges and objective that the algorithm
// does not admit (DescribeAlgorithm-4, -5): every tuned hyperparameter is
// declared, tunable, of the range's type, and stays within what the algorithm
// takes; the objective is one of those that it supports. Values that stay the
// same in all trials are checked with each trial's job.
func CheckTuning(spec *sagemaker.TrainingSpecification, ranges *sagemaker.ParameterRanges, objective *sagemaker.HyperParameterTuningJobObjective) error {
	if objective != nil {
		if err := checkObjective(spec, objective); err != nil {
			return err
		}
	}
	if ranges == nil {
		return nil
	}
	for _, r := range ranges.IntegerParameterRanges {
		if err := checkTuned(spec, "IntegerParameterRanges", *r.Name, sagemaker.ParameterTypeInteger, *r.MinValue, *r.MaxValue); err != nil {
			return err
		}
	}
	for _, r := range ranges.ContinuousParameterRanges {
		if err := checkTuned(spec, "ContinuousParameterRanges", *r.Name, sagemaker.ParameterTypeContinuous, *r.MinValue, *r.MaxValue); err != nil {
			return err
		}
	}
	for _, r := range ranges.CategoricalParameterRanges {
		if err := checkTuned(spec, "CategoricalParameterRanges", *r.Name, sagemaker.ParameterTypeCategorical, r.Values...); err != nil {
			return err
		}
	}
	for _, r := range ranges.AutoParameters {
		if err := checkTuned(spec, "AutoParameters", *r.Name, "", *r.ValueHint); err != nil {
			return err
		}
	}
	return nil
}

func checkObjective(spec *sagemaker.TrainingSpecification, objective *sagemaker.HyperParameterTuningJobObjective) error {
	var supported []string
	for _, o := range spec.SupportedTuningJobObjectiveMetrics {
		if *o.MetricName == *objective.MetricName && o.Type == objective.Type {
			return nil
		}
		supported = append(supported, string(o.Type)+" "+*o.MetricName)
	}
	if len(supported) == 0 {
		return aws.Invalid("The algorithm declares no SupportedTuningJobObjectiveMetrics, so it cannot be tuned.")
	}
	return aws.Invalid("The objective is %s %s, but the algorithm supports %s only.", objective.Type, *objective.MetricName, listing(supported))
}

// checkTuned checks one range; values are its ends or its categories. A kind of
// "" leaves the type to the algorithm.
func checkTuned(spec *sagemaker.TrainingSpecification, member, name string, kind sagemaker.ParameterType, values ...string) error {
	h := find(spec, name)
	switch {
	case h == nil:
		tunable := slices.DeleteFunc(slices.Clone(spec.SupportedHyperParameters), func(h *sagemaker.HyperParameterSpecification) bool { return !aws.Val(h.IsTunable) })
		return aws.Invalid("%s tunes the hyperparameter %q, which is none of the algorithm's; those that can be tuned are %s.", member, name, listing(names(tunable)))
	case !aws.Val(h.IsTunable):
		return aws.Invalid("%s tunes the hyperparameter %q, which the algorithm does not declare tunable.", member, name)
	case kind != "" && h.Type != kind:
		return aws.Invalid("%s tunes the hyperparameter %q, which is of the type %s.", member, name, h.Type)
	}
	for _, v := range values {
		if !accepts(h, v) {
			return aws.Invalid("%s[%s] reaches to %q, but the algorithm takes %s.", member, name, v, takes(h))
		}
	}
	return nil
}
