package contract_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// CreateAlgorithm-2, CreateAlgorithm-5, DescribeAlgorithm-4: an algorithm that contradicts
// itself is refused.
func TestCheckSpecification(t *testing.T) {
	t.Parallel()
	good := spec()
	good.MetricDefinitions[0].Regex = aws.Ptr(`(?<=loss=)\S+`)  // Python's dialect, which Go's own engine refuses
	good.SupportedHyperParameters[4].Range = integers("5", "5") // one value is a range
	if err := contract.CheckSpecification(good); err != nil {
		t.Fatal(err)
	}
	parameter := func(h sagemaker.HyperParameterSpecification) func(*sagemaker.TrainingSpecification) {
		return func(s *sagemaker.TrainingSpecification) {
			h.Name = aws.Ptr("x")
			s.SupportedHyperParameters = append(s.SupportedHyperParameters, &h)
		}
	}
	for want, edit := range map[string]func(*sagemaker.TrainingSpecification){
		`hyperparameter "rounds" occurs more than once`: func(s *sagemaker.TrainingSpecification) {
			s.SupportedHyperParameters = append(s.SupportedHyperParameters, s.SupportedHyperParameters[0])
		},
		`channel "train" occurs more than once`: func(s *sagemaker.TrainingSpecification) {
			s.TrainingChannels = append(s.TrainingChannels, s.TrainingChannels[0])
		},
		`metric "loss" occurs more than once`: func(s *sagemaker.TrainingSpecification) {
			s.MetricDefinitions = append(s.MetricDefinitions, s.MetricDefinitions[0])
		},
		`regular expression "loss=(" of the metric definition "loss" does not compile`: func(s *sagemaker.TrainingSpecification) {
			s.MetricDefinitions[0].Regex = aws.Ptr("loss=(")
		},
		`names the metric "f1", which MetricDefinitions does not define`: func(s *sagemaker.TrainingSpecification) {
			s.SupportedTuningJobObjectiveMetrics[0].MetricName = aws.Ptr("f1")
		},
		`can be tuned, so SupportedHyperParameters is required`: func(s *sagemaker.TrainingSpecification) {
			s.SupportedHyperParameters = nil
		},
		`SupportedHyperParameters[x].DefaultValue is "5" although the hyperparameter is required`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeInteger, IsRequired: aws.Ptr(true), DefaultValue: aws.Ptr("5")}),
		`SupportedHyperParameters[x].DefaultValue is "11", but the hyperparameter takes an integer from 1 to 10`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeInteger, DefaultValue: aws.Ptr("11"), Range: integers("1", "10")}),
		`SupportedHyperParameters[x].Range has a range for the type Integer, but the hyperparameter is of the type Continuous`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeContinuous, Range: integers("1", "10")}),
		`Range has a range for the type Categorical, but the hyperparameter is of the type FreeText`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeFreeText, Range: choices("a")}),
		`Range goes from "a" to "10"; both must be numbers of the type Integer`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeInteger, Range: integers("a", "10")}),
		`Range goes from "0.5" to "10"; both must be numbers of the type Integer`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeInteger, Range: integers("0.5", "10")}),
		`Range goes from 10 to 1: the minimum is above the maximum`: parameter(sagemaker.HyperParameterSpecification{
			Type: sagemaker.ParameterTypeContinuous, Range: numbers("10", "1")}),
	} {
		s := spec()
		edit(s)
		refused(t, contract.CheckSpecification(s), want)
	}
}

// CreateAlgorithm-5, DescribeAlgorithm-4, DescribeAlgorithm-5: only what is declared tunable is tuned, within its
// range, for an objective that the algorithm supports.
func TestCheckTuning(t *testing.T) {
	t.Parallel()
	objective := func(kind sagemaker.HyperParameterTuningJobObjectiveType, name string) *sagemaker.HyperParameterTuningJobObjective {
		return &sagemaker.HyperParameterTuningJobObjective{Type: kind, MetricName: &name}
	}
	loss := objective("Minimize", "loss")
	integer := func(name, low, high string) *sagemaker.ParameterRanges {
		return &sagemaker.ParameterRanges{IntegerParameterRanges: []*sagemaker.IntegerParameterRange{{Name: &name, MinValue: &low, MaxValue: &high}}}
	}
	number := func(name, low, high string) *sagemaker.ParameterRanges {
		return &sagemaker.ParameterRanges{ContinuousParameterRanges: []*sagemaker.ContinuousParameterRange{{Name: &name, MinValue: &low, MaxValue: &high}}}
	}
	category := func(name string, values ...string) *sagemaker.ParameterRanges {
		return &sagemaker.ParameterRanges{CategoricalParameterRanges: []*sagemaker.CategoricalParameterRange{{Name: &name, Values: values}}}
	}
	auto := func(name, hint string) *sagemaker.ParameterRanges {
		return &sagemaker.ParameterRanges{AutoParameters: []*sagemaker.AutoParameter{{Name: &name, ValueHint: &hint}}}
	}
	for name, r := range map[string]*sagemaker.ParameterRanges{
		"none": nil, "integer": integer("rounds", "5", "100"), "number": number("rate", "0.01", "0.1"),
		"category": category("booster", "tree"), "auto": auto("rounds", "7"),
	} {
		if err := contract.CheckTuning(spec(), r, loss); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		ranges    *sagemaker.ParameterRanges
		objective *sagemaker.HyperParameterTuningJobObjective
		want      string
	}{
		{nil, objective("Maximize", "loss"), "The objective is Maximize loss, but the algorithm supports Minimize loss only"},
		{nil, objective("Minimize", "auc"), "The objective is Minimize auc"},
		{integer("depth", "1", "2"), loss, `IntegerParameterRanges tunes the hyperparameter "depth", which is none of the algorithm's; those that can be tuned are rounds, rate, booster`},
		{integer("any-integer", "1", "2"), loss, `"any-integer", which the algorithm does not declare tunable`},
		{integer("rate", "1", "2"), loss, `"rate", which is of the type Continuous`},
		{integer("rounds", "1", "200"), loss, `IntegerParameterRanges[rounds] reaches to "200", but the algorithm takes an integer from 1 to 100`},
		{number("rate", "0.0001", "0.1"), loss, `ContinuousParameterRanges[rate] reaches to "0.0001"`},
		{category("booster", "tree", "dart"), loss, `CategoricalParameterRanges[booster] reaches to "dart", but the algorithm takes one of tree, linear`},
		{auto("note", "x"), loss, `AutoParameters tunes the hyperparameter "note", which the algorithm does not declare tunable`},
		{auto("rounds", "0"), loss, `AutoParameters[rounds] reaches to "0"`},
	} {
		refused(t, contract.CheckTuning(spec(), c.ranges, c.objective), c.want)
	}
	s := spec()
	s.SupportedTuningJobObjectiveMetrics = nil
	refused(t, contract.CheckTuning(s, nil, loss), "declares no SupportedTuningJobObjectiveMetrics, so it cannot be tuned")
}
