package contract

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Fill adds to a job that keeps the contract what the algorithm brings: the
// defaults of hyperparameters that were left out, and its metric definitions
// under names that the job does not define itself (DescribeAlgorithm-4, -5). The
// maps and lists of in are replaced, not changed. The image is spec's
// TrainingImage; in keeps the AlgorithmName, which is what Describe shows.
func Fill(spec *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) {
	filled := make(map[string]string, len(in.HyperParameters))
	for _, h := range spec.SupportedHyperParameters {
		if h.DefaultValue != nil {
			filled[*h.Name] = *h.DefaultValue
		}
	}
	if len(filled) > 0 {
		for name, value := range in.HyperParameters {
			filled[name] = value
		}
		in.HyperParameters = filled
	}
	a := in.AlgorithmSpecification
	own := slices.Clone(a.MetricDefinitions)
	for _, m := range spec.MetricDefinitions {
		if !slices.ContainsFunc(own, func(d *sagemaker.MetricDefinition) bool { return *d.Name == *m.Name }) {
			own = append(own, &sagemaker.MetricDefinition{Name: aws.Ptr(*m.Name), Regex: aws.Ptr(*m.Regex)})
		}
	}
	a.MetricDefinitions = own
}
