package training

import (
	"regexp"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
)

// check refuses requests that contradict themselves, and those that need a part
// of the operation that is not there yet: half obeying a request would be worse
// than refusing it. Modelled constraints were checked before.
func check(in *sagemaker.CreateTrainingJobInput) error {
	for _, rule := range []func(*sagemaker.CreateTrainingJobInput) error{
		checkAlgorithm, checkSecrets, checkChannels, checkResources, checkStopping, checkUnsupported,
	} {
		if err := rule(in); err != nil {
			return err
		}
	}
	return nil
}

// unsupported is the refusal of a member whose effect does not exist yet.
func unsupported(member, what string) error {
	return aws.Invalid("Sagebrush does not support %s yet (%s), and refuses the request rather than ignoring a part of it. Remove %s to run the job without.", what, member, member)
}

// checkAlgorithm is CreateTrainingJob-3: exactly one of image and algorithm.
func checkAlgorithm(in *sagemaker.CreateTrainingJobInput) error {
	a := in.AlgorithmSpecification
	switch {
	case a.TrainingImage != nil && a.AlgorithmName != nil:
		return aws.Invalid("You can't specify both TrainingImage and AlgorithmName in AlgorithmSpecification. Give one of them.")
	case a.TrainingImage == nil && a.AlgorithmName == nil:
		return aws.Invalid("AlgorithmSpecification needs a TrainingImage or an AlgorithmName.")
	case a.AlgorithmName != nil:
		return unsupported("AlgorithmSpecification.AlgorithmName", "algorithm resources")
	}
	for _, d := range a.MetricDefinitions {
		if _, err := compileMetric(*d.Regex); err != nil {
			return aws.Invalid("The regular expression %q of the metric definition %q does not compile: %v", *d.Regex, *d.Name, err)
		}
	}
	return nil
}

// accessKey recognises AWS access key ids.
var accessKey = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)

// checkSecrets is CreateTrainingJob-5: credentials in a hyperparameter are refused.
func checkSecrets(in *sagemaker.CreateTrainingJobInput) error {
	for name, value := range in.HyperParameters {
		if accessKey.MatchString(value) {
			return aws.Invalid("The hyperparameter %q seems to contain security credentials. Hyperparameters are stored in clear text: pass credentials by the job's role instead.", name)
		}
	}
	return nil
}

// checkChannels is CreateTrainingJob-7 … -9.
func checkChannels(in *sagemaker.CreateTrainingJobInput) error {
	if mode := in.AlgorithmSpecification.TrainingInputMode; mode != sagemaker.TrainingInputModeFile {
		for _, c := range in.InputDataConfig {
			if c.InputMode != sagemaker.TrainingInputModeFile {
				return unsupported("AlgorithmSpecification.TrainingInputMode", "the input mode "+string(mode))
			}
		}
	}
	var names []string
	for _, c := range in.InputDataConfig {
		name := *c.ChannelName
		if slices.Contains(names, name) {
			return aws.Invalid("The channel name %q occurs more than once in InputDataConfig. Channel names must be unique.", name)
		}
		if name == "." || name == ".." {
			return aws.Invalid("The channel name %q is not a name that a directory can have.", name)
		}
		names = append(names, name)
		if err := checkChannel(c); err != nil {
			return err
		}
	}
	return nil
}

func checkChannel(c *sagemaker.Channel) error {
	member := "InputDataConfig[" + *c.ChannelName + "]."
	s3, fs := c.DataSource.S3DataSource, c.DataSource.FileSystemDataSource
	switch {
	case (s3 == nil) == (fs == nil):
		return aws.Invalid("The channel %q needs exactly one data source: an S3DataSource or a FileSystemDataSource.", *c.ChannelName)
	case fs != nil:
		return unsupported(member+"DataSource.FileSystemDataSource", "file system channels")
	case c.InputMode != "" && c.InputMode != sagemaker.TrainingInputModeFile:
		return unsupported(member+"InputMode", "the input mode "+string(c.InputMode))
	case c.CompressionType == sagemaker.CompressionTypeGzip:
		return aws.Invalid("The channel %q has CompressionType Gzip, which only Pipe mode takes. In File mode leave CompressionType out or use None.", *c.ChannelName)
	case c.RecordWrapperType == sagemaker.RecordWrapperRecordIO:
		return aws.Invalid("The channel %q has RecordWrapperType RecordIO, which only Pipe mode takes. In File mode leave RecordWrapperType out or use None.", *c.ChannelName)
	case c.ShuffleConfig != nil:
		return unsupported(member+"ShuffleConfig", "shuffling")
	case s3.S3DataType == sagemaker.S3DataTypeAugmentedManifestFile:
		return aws.Invalid("The channel %q has S3DataType AugmentedManifestFile, which only Pipe mode takes.", *c.ChannelName)
	case s3.S3DataType == sagemaker.S3DataTypeManifestFile:
		return unsupported(member+"DataSource.S3DataSource.S3DataType", "manifest files")
	case len(s3.AttributeNames) > 0:
		return aws.Invalid("The channel %q has AttributeNames, which only AugmentedManifestFile takes.", *c.ChannelName)
	case len(s3.InstanceGroupNames) > 0:
		return unsupported(member+"DataSource.S3DataSource.InstanceGroupNames", "instance groups")
	}
	_, _, err := parseS3(*s3.S3Uri)
	return err
}

// checkResources is CreateTrainingJob-10 for one instance.
func checkResources(in *sagemaker.CreateTrainingJobInput) error {
	r := in.ResourceConfig
	switch {
	case len(r.InstanceGroups) > 0 && (r.InstanceType != "" || r.InstanceCount != nil):
		return aws.Invalid("ResourceConfig takes either InstanceType with InstanceCount or InstanceGroups, not both.")
	case len(r.InstanceGroups) > 0:
		return unsupported("ResourceConfig.InstanceGroups", "instance groups")
	case r.InstanceType == "" || r.InstanceCount == nil:
		return aws.Invalid("ResourceConfig needs InstanceType and InstanceCount.")
	case *r.InstanceCount < 1:
		return aws.Invalid("ResourceConfig.InstanceCount must be at least 1.")
	case *r.InstanceCount > 1:
		return unsupported("ResourceConfig.InstanceCount", "more than one instance")
	case r.VolumeKmsKeyId != nil:
		return unsupported("ResourceConfig.VolumeKmsKeyId", "volume encryption")
	case aws.Val(r.KeepAlivePeriodInSeconds) > 0:
		return unsupported("ResourceConfig.KeepAlivePeriodInSeconds", "warm pools")
	}
	return nil
}

// maxRuntime is the longest MaxRuntimeInSeconds, 28 days (CreateTrainingJob-13).
const maxRuntime = 2419200

// checkStopping is CreateTrainingJob-12 and -13.
func checkStopping(in *sagemaker.CreateTrainingJobInput) error {
	c := in.StoppingCondition
	if aws.Val(c.MaxRuntimeInSeconds) > maxRuntime {
		return aws.Invalid("StoppingCondition.MaxRuntimeInSeconds is %d; the longest possible is %d (28 days).", *c.MaxRuntimeInSeconds, maxRuntime)
	}
	if c.MaxWaitTimeInSeconds != nil && !aws.Val(in.EnableManagedSpotTraining) {
		return aws.Invalid("StoppingCondition.MaxWaitTimeInSeconds is only for managed spot training. Set EnableManagedSpotTraining, or leave it out.")
	}
	return nil
}

// checkUnsupported lists what the other rules have not covered.
func checkUnsupported(in *sagemaker.CreateTrainingJobInput) error {
	hook, profiler := in.DebugHookConfig, in.ProfilerConfig
	for _, x := range []struct {
		present      bool
		member, what string
	}{
		{aws.Val(in.EnableManagedSpotTraining), "EnableManagedSpotTraining", "managed spot training"},
		{aws.Val(in.EnableNetworkIsolation), "EnableNetworkIsolation", "network isolation"},
		{in.VpcConfig != nil, "VpcConfig", "VPC settings"},
		{in.CheckpointConfig != nil, "CheckpointConfig", "checkpoints"},
		{hook != nil && (len(hook.CollectionConfigurations) > 0 || len(hook.HookParameters) > 0), "DebugHookConfig", "debugger collections"},
		{len(in.DebugRuleConfigurations) > 0, "DebugRuleConfigurations", "debugger rules"},
		{in.TensorBoardOutputConfig != nil, "TensorBoardOutputConfig", "TensorBoard output"},
		{in.ExperimentConfig != nil, "ExperimentConfig", "experiments"},
		{profiler != nil && len(profiler.ProfilingParameters) > 0, "ProfilerConfig", "profiling parameters"},
		{len(in.ProfilerRuleConfigurations) > 0, "ProfilerRuleConfigurations", "profiler rules"},
		{in.RetryStrategy != nil, "RetryStrategy", "retries"},
		{in.InfraCheckConfig != nil && aws.Val(in.InfraCheckConfig.EnableInfraCheck), "InfraCheckConfig", "infrastructure checks"},
		{aws.Val(in.OutputDataConfig.KmsKeyId) != "", "OutputDataConfig.KmsKeyId", "output encryption"},
		{in.AlgorithmSpecification.TrainingImageConfig != nil && in.AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode == sagemaker.TrainingRepositoryAccessModeVpc,
			"AlgorithmSpecification.TrainingImageConfig", "private registries"},
	} {
		if x.present {
			return unsupported(x.member, x.what)
		}
	}
	return nil
}

// setDefaults fills in what Describe shows although nobody sent it
// (CreateTrainingJob-18, -19, -20; Stop-2).
func setDefaults(in *sagemaker.CreateTrainingJobInput, img image.Image) {
	if in.OutputDataConfig.CompressionType == "" {
		in.OutputDataConfig.CompressionType = sagemaker.OutputCompressionTypeGzip
	}
	if in.OutputDataConfig.KmsKeyId == nil {
		in.OutputDataConfig.KmsKeyId = aws.Ptr("") // the SDK's attach reads it without asking
	}
	for _, c := range in.InputDataConfig {
		if c.InputMode == "" {
			c.InputMode = in.AlgorithmSpecification.TrainingInputMode
		}
		if c.CompressionType == "" {
			c.CompressionType = sagemaker.CompressionTypeNone
		}
		if c.RecordWrapperType == "" {
			c.RecordWrapperType = sagemaker.RecordWrapperNone
		}
		if s3 := c.DataSource.S3DataSource; s3.S3DataDistributionType == "" {
			s3.S3DataDistributionType = sagemaker.S3DataDistributionFullyReplicated
		}
	}
	if in.StoppingCondition.MaxRuntimeInSeconds == nil {
		in.StoppingCondition.MaxRuntimeInSeconds = aws.Ptr[int32](86400)
	}
	if in.DebugHookConfig != nil && in.DebugHookConfig.LocalPath == nil {
		in.DebugHookConfig.LocalPath = aws.Ptr("/opt/ml/output/tensors/")
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
