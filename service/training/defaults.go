package training

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
)

// What Describe shows although nobody sent it (CreateTrainingJob-18; Stop-2).
const (
	defaultRuntime     int32 = 86400
	defaultCheckpoints       = "/opt/ml/checkpoints/"
	defaultTensors           = "/opt/ml/output/tensors/"
	defaultTensorBoard       = "/opt/ml/output/tensorboard"
)

// setDefaults fills them in, and the metric definitions that the image brings
// along (CreateTrainingJob-19, -20).
func setDefaults(in *sagemaker.CreateTrainingJobInput, img image.Image) {
	if in.OutputDataConfig.CompressionType == "" {
		in.OutputDataConfig.CompressionType = sagemaker.OutputCompressionTypeGzip
	}
	if in.OutputDataConfig.KmsKeyId == nil {
		in.OutputDataConfig.KmsKeyId = aws.Ptr("") // the SDK's attach reads it without asking
	}
	for _, c := range in.InputDataConfig {
		setChannelDefaults(c, in.AlgorithmSpecification.TrainingInputMode)
	}
	if in.StoppingCondition.MaxRuntimeInSeconds == nil {
		in.StoppingCondition.MaxRuntimeInSeconds = aws.Ptr(defaultRuntime)
	}
	if c := in.CheckpointConfig; c != nil && c.LocalPath == nil {
		c.LocalPath = aws.Ptr(defaultCheckpoints)
	}
	if c := in.DebugHookConfig; c != nil && c.LocalPath == nil {
		c.LocalPath = aws.Ptr(defaultTensors)
	}
	if c := in.TensorBoardOutputConfig; c != nil && c.LocalPath == nil {
		c.LocalPath = aws.Ptr(defaultTensorBoard)
	}
	for _, flag := range []**bool{&in.EnableNetworkIsolation, &in.EnableInterContainerTrafficEncryption, &in.EnableManagedSpotTraining} {
		if *flag == nil {
			*flag = aws.Ptr(false)
		}
	}
	a := in.AlgorithmSpecification
	for _, m := range img.Metrics {
		if !slices.ContainsFunc(a.MetricDefinitions, func(d *sagemaker.MetricDefinition) bool { return *d.Name == m.Name }) {
			a.MetricDefinitions = append(a.MetricDefinitions, &sagemaker.MetricDefinition{Name: aws.Ptr(m.Name), Regex: aws.Ptr(m.Regex)})
		}
	}
	a.EnableSageMakerMetricsTimeSeries = aws.Ptr(aws.Val(a.EnableSageMakerMetricsTimeSeries) || img.BuiltIn || len(a.MetricDefinitions) > 0)
}

func setChannelDefaults(c *sagemaker.Channel, mode sagemaker.TrainingInputMode) {
	if c.InputMode == "" {
		c.InputMode = mode
	}
	if c.CompressionType == "" {
		c.CompressionType = sagemaker.CompressionTypeNone
	}
	if c.RecordWrapperType == "" {
		c.RecordWrapperType = sagemaker.RecordWrapperNone
	}
	if s3 := c.DataSource.S3DataSource; s3 != nil && s3.S3DataDistributionType == "" {
		s3.S3DataDistributionType = sagemaker.S3DataDistributionFullyReplicated
	}
}
