package contract_test

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// spec is an algorithm with one of everything.
func spec() *sagemaker.TrainingSpecification {
	return &sagemaker.TrainingSpecification{
		TrainingImage: aws.Ptr("mine:1"),
		SupportedHyperParameters: []*sagemaker.HyperParameterSpecification{
			{Name: aws.Ptr("rounds"), Type: sagemaker.ParameterTypeInteger, IsRequired: aws.Ptr(true), IsTunable: aws.Ptr(true), Range: integers("1", "100")},
			{Name: aws.Ptr("rate"), Type: sagemaker.ParameterTypeContinuous, IsTunable: aws.Ptr(true), DefaultValue: aws.Ptr("0.1"), Range: numbers("1e-3", "0.5")},
			{Name: aws.Ptr("booster"), Type: sagemaker.ParameterTypeCategorical, IsTunable: aws.Ptr(true), DefaultValue: aws.Ptr("tree"), Range: choices("tree", "linear")},
			{Name: aws.Ptr("note"), Type: sagemaker.ParameterTypeFreeText},
			{Name: aws.Ptr("any-integer"), Type: sagemaker.ParameterTypeInteger},
			{Name: aws.Ptr("any-number"), Type: sagemaker.ParameterTypeContinuous},
			{Name: aws.Ptr("any-category"), Type: sagemaker.ParameterTypeCategorical},
		},
		SupportedTrainingInstanceTypes: []sagemaker.TrainingInstanceType{"ml.m5.large", "ml.c5.xlarge"},
		MetricDefinitions: []*sagemaker.MetricDefinition{
			{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=(.*)")}, {Name: aws.Ptr("auc"), Regex: aws.Ptr("auc=(.*)")},
		},
		SupportedTuningJobObjectiveMetrics: []*sagemaker.HyperParameterTuningJobObjective{{Type: sagemaker.HyperParameterTuningJobObjectiveTypeMinimize, MetricName: aws.Ptr("loss")}},
		TrainingChannels: []*sagemaker.ChannelSpecification{
			{Name: aws.Ptr("train"), IsRequired: aws.Ptr(true), SupportedContentTypes: []string{"text/csv", "application/x-parquet"},
				SupportedInputModes:       []sagemaker.TrainingInputMode{sagemaker.TrainingInputModeFile, sagemaker.TrainingInputModePipe},
				SupportedCompressionTypes: []sagemaker.CompressionType{sagemaker.CompressionTypeGzip}},
			{Name: aws.Ptr("validation"), SupportedContentTypes: []string{"text/csv"}, SupportedInputModes: []sagemaker.TrainingInputMode{sagemaker.TrainingInputModeFile}},
		},
	}
}

func integers(low, high string) *sagemaker.ParameterRange {
	return &sagemaker.ParameterRange{IntegerParameterRangeSpecification: &sagemaker.IntegerParameterRangeSpecification{MinValue: &low, MaxValue: &high}}
}

func numbers(low, high string) *sagemaker.ParameterRange {
	return &sagemaker.ParameterRange{ContinuousParameterRangeSpecification: &sagemaker.ContinuousParameterRangeSpecification{MinValue: &low, MaxValue: &high}}
}

func choices(values ...string) *sagemaker.ParameterRange {
	return &sagemaker.ParameterRange{CategoricalParameterRangeSpecification: &sagemaker.CategoricalParameterRangeSpecification{Values: values}}
}

// job keeps spec's contract.
func job() *sagemaker.CreateTrainingJobInput {
	return &sagemaker.CreateTrainingJobInput{
		TrainingJobName:        aws.Ptr("j"),
		AlgorithmSpecification: &sagemaker.AlgorithmSpecification{AlgorithmName: aws.Ptr("a"), TrainingInputMode: sagemaker.TrainingInputModeFile},
		HyperParameters:        map[string]string{"rounds": "10"},
		InputDataConfig:        []*sagemaker.Channel{{ChannelName: aws.Ptr("train"), ContentType: aws.Ptr("text/csv")}},
		ResourceConfig:         &sagemaker.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](1)},
	}
}

// value sets one hyperparameter beside what is required.
func value(name, v string) func(*sagemaker.TrainingSpecification, *sagemaker.CreateTrainingJobInput) {
	return func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
		in.HyperParameters[name] = v
	}
}

type change = func(s *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput)

// CreateTrainingJob-4, CreateAlgorithm-3, CreateAlgorithm-4, DescribeAlgorithm-4,
// DescribeAlgorithm-6, DescribeAlgorithm-7: what jobs that keep the contract may
// look like.
func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]change{
		"the least":               func(*sagemaker.TrainingSpecification, *sagemaker.CreateTrainingJobInput) {},
		"lower end":               value("rounds", "1"),
		"upper end":               value("rounds", "100"),
		"plus sign":               value("rounds", "+7"),
		"exponent at the end":     value("rate", "0.001"),
		"another spelling":        value("rate", "5E-1"),
		"no leading zero":         value("rate", ".25"),
		"an integer is a number":  value("any-number", "-3"),
		"category":                value("booster", "linear"),
		"free text":               value("note", "anything, even "),
		"empty text":              value("note", ""),
		"longer than any integer": value("any-integer", "-123456789012345678901234567890"),
		"any category":            value("any-category", "x"),
		"the tuner's":             value("_tuning_objective_metric", "loss"),
		"the SDK's":               value("sagemaker_region", `"us-east-1"`),
		"none declared": func(s *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			s.SupportedHyperParameters, in.HyperParameters = nil, map[string]string{"x": "y"}
		},
		"optional channel": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = append(in.InputDataConfig, &sagemaker.Channel{ChannelName: aws.Ptr("validation")})
		},
		"content type with parameters": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].ContentType = aws.Ptr("Text/CSV; label_size=0")
		},
		"the channel's mode counts": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.AlgorithmSpecification.TrainingInputMode = sagemaker.TrainingInputModeFastFile
			in.InputDataConfig[0].InputMode = sagemaker.TrainingInputModePipe
		},
		"gzip": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].CompressionType = sagemaker.CompressionTypeGzip
		},
		"no compression though gzip is listed": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].CompressionType = sagemaker.CompressionTypeNone
		},
		"several instances": func(s *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			s.SupportsDistributedTraining, in.ResourceConfig.InstanceCount = aws.Ptr(true), aws.Ptr[int32](3)
		},
		"one group of one": func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig = &sagemaker.ResourceConfig{InstanceGroups: []*sagemaker.InstanceGroup{{InstanceType: "ml.c5.xlarge", InstanceCount: aws.Ptr[int32](1), InstanceGroupName: aws.Ptr("g")}}}
		},
	} {
		s, in := spec(), job()
		edit(s, in)
		if err := contract.Check(s, in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// CreateTrainingJob-4, CreateAlgorithm-3, CreateAlgorithm-4 (distributed training is
// unsupported unless declared), DescribeAlgorithm-4, DescribeAlgorithm-6,
// DescribeAlgorithm-7: each breach is refused by a sentence that names the member,
// what was given and what is allowed.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]change{
		`requires the hyperparameter "rounds", an integer from 1 to 100, but HyperParameters does not have it`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.HyperParameters = nil
		},
		`"rounds" is "0", but the algorithm takes an integer from 1 to 100`:   value("rounds", "0"),
		`"rounds" is "101", but the algorithm takes an integer from 1 to 100`: value("rounds", "101"),
		`"rounds" is "1.5", but the algorithm takes an integer`:               value("rounds", "1.5"),
		`"rounds" is "ten", but`:  value("rounds", "ten"),
		`"rounds" is "", but`:     value("rounds", ""),
		`"rounds" is " 5", but`:   value("rounds", " 5"),
		`"rounds" is "0x5", but`:  value("rounds", "0x5"),
		`"any-integer" is "1e3"`:  value("any-integer", "1e3"),
		`"any-number" is "NaN"`:   value("any-number", "NaN"),
		`"any-number" is "Inf"`:   value("any-number", "Inf"),
		`"any-number" is "1_000"`: value("any-number", "1_000"),
		`"any-number" is "."`:     value("any-number", "."),
		`"any-number" is "1/2"`:   value("any-number", "1/2"),
		`"rate" is "0.5000000000000000000001", but the algorithm takes a number from 1e-3 to 0.5`: value("rate", "0.5000000000000000000001"),
		`"booster" is "Tree", but the algorithm takes one of tree, linear`:                        value("booster", "Tree"),
		`"depth" is none of the algorithm's, which are rounds, rate, booster, note`:               value("depth", "3"),
		`ResourceConfig.InstanceType is ml.p3.2xlarge, but the algorithm runs on ml.m5.large, ml.c5.xlarge only`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceType = "ml.p3.2xlarge"
		},
		`ResourceConfig asks for 2 instances, but the algorithm does not support distributed training`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceCount = aws.Ptr[int32](2)
		},
		`ResourceConfig asks for 3 instances, but the algorithm does not support distributed training`: func(s *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			s.SupportsDistributedTraining, in.ResourceConfig.InstanceCount = aws.Ptr(false), aws.Ptr[int32](3)
		},
		`ResourceConfig asks for 4 instances`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig = groups("ml.m5.large", "ml.c5.xlarge")
		},
		`ResourceConfig.InstanceGroups[ml.p3.2xlarge].InstanceType is ml.p3.2xlarge`: func(s *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			s.SupportsDistributedTraining, in.ResourceConfig = aws.Ptr(true), groups("ml.m5.large", "ml.p3.2xlarge")
		},
		`requires the channel "train", but InputDataConfig does not have it`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = nil
		},
		`channel "test" of InputDataConfig is none of the algorithm's, which are train, validation`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = append(in.InputDataConfig, &sagemaker.Channel{ChannelName: aws.Ptr("test")})
		},
		`InputDataConfig[train].ContentType is "text/libsvm", but the algorithm takes text/csv, application/x-parquet on this channel`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].ContentType = aws.Ptr("text/libsvm")
		},
		`InputDataConfig[train].InputMode is FastFile, but the algorithm takes this channel in the mode File, Pipe only`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.AlgorithmSpecification.TrainingInputMode = sagemaker.TrainingInputModeFastFile
		},
		`InputDataConfig[validation].InputMode is Pipe`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = append(in.InputDataConfig, &sagemaker.Channel{ChannelName: aws.Ptr("validation"), InputMode: sagemaker.TrainingInputModePipe})
		},
		`InputDataConfig[validation].CompressionType is Gzip, but the algorithm takes None on this channel`: func(_ *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = append(in.InputDataConfig, &sagemaker.Channel{ChannelName: aws.Ptr("validation"), CompressionType: sagemaker.CompressionTypeGzip})
		},
	} {
		s, in := spec(), job()
		edit(s, in)
		refused(t, contract.Check(s, in), want)
	}
}

// refused wants a ValidationException with these words.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// groups is two instances of each type.
func groups(types ...sagemaker.TrainingInstanceType) *sagemaker.ResourceConfig {
	r := &sagemaker.ResourceConfig{}
	for _, typ := range types {
		r.InstanceGroups = append(r.InstanceGroups, &sagemaker.InstanceGroup{InstanceType: typ, InstanceCount: aws.Ptr[int32](2), InstanceGroupName: aws.Ptr(string(typ))})
	}
	return r
}

// A long list of what is allowed is cut.
func TestLongListing(t *testing.T) {
	t.Parallel()
	s, in := spec(), job()
	for range 30 {
		s.SupportedTrainingInstanceTypes = append(s.SupportedTrainingInstanceTypes, "ml.m5.xlarge")
	}
	in.ResourceConfig.InstanceType = "ml.p3.2xlarge"
	refused(t, contract.Check(s, in), "ml.m5.xlarge and 12 more only.")
}

// DescribeAlgorithm-4, DescribeAlgorithm-5: defaults and metric definitions are filled in, the
// job's own win, and neither the caller's map nor the algorithm is touched.
func TestFill(t *testing.T) {
	t.Parallel()
	s, in := spec(), job()
	in.HyperParameters["rate"] = "0.2"
	given := in.HyperParameters
	in.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("mine=(.*)")}}
	contract.Fill(s, in)
	if h := in.HyperParameters; len(h) != 3 || h["rounds"] != "10" || h["rate"] != "0.2" || h["booster"] != "tree" || len(given) != 2 {
		t.Errorf("hyperparameters %v, the caller's own %v", h, given)
	}
	m := in.AlgorithmSpecification.MetricDefinitions
	if len(m) != 2 || *m[0].Regex != "mine=(.*)" || *m[1].Name != "auc" || m[1] == s.MetricDefinitions[1] {
		t.Errorf("metric definitions %+v", m)
	}
	if *in.AlgorithmSpecification.AlgorithmName != "a" || in.AlgorithmSpecification.TrainingImage != nil {
		t.Errorf("Describe shows the algorithm, not its image: %+v", in.AlgorithmSpecification)
	}
	if err := contract.Check(s, in); err != nil {
		t.Errorf("a filled job breaks the contract: %v", err)
	}
	none := job()
	none.HyperParameters = nil
	contract.Fill(&sagemaker.TrainingSpecification{}, none)
	if none.HyperParameters != nil || none.AlgorithmSpecification.MetricDefinitions != nil {
		t.Errorf("something from nothing: %+v", none)
	}
}
