package training

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// check refuses requests that contradict themselves, and those that need a part
// of the operation that is not there: half obeying a request would be worse than
// refusing it. Modelled constraints were checked before.
func check(in *sagemaker.CreateTrainingJobInput) error {
	for _, rule := range []func(*sagemaker.CreateTrainingJobInput) error{
		checkAlgorithm, checkSecrets, checkOutput, checkResources, checkChannels, checkStopping, checkSynced, checkDebugger, checkUnsupported,
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

// directoryBucket ends the names of buckets of the storage class S3 Express One Zone.
const directoryBucket = "--x-s3"

// checkOutput refuses what is no key (Common-3), and keys where there are none: S3
// Express One Zone encrypts with keys of its own (DescTJ-8, X-7).
func checkOutput(in *sagemaker.CreateTrainingJobInput) error {
	if err := aws.CheckKey("OutputDataConfig.KmsKeyId", aws.Val(in.OutputDataConfig.KmsKeyId)); err != nil {
		return err
	}
	bucket, _, err := parseS3(*in.OutputDataConfig.S3OutputPath)
	if err == nil && strings.HasSuffix(bucket, directoryBucket) && aws.Val(in.OutputDataConfig.KmsKeyId) != "" {
		return aws.Invalid("OutputDataConfig.KmsKeyId cannot be given for the bucket %q: S3 Express One Zone takes no KMS keys. Leave it out, or give a path in a general purpose bucket.", bucket)
	}
	return err
}

// maxRuntime is the longest MaxRuntimeInSeconds, 28 days (CreateTrainingJob-13).
const maxRuntime = 2419200

// checkStopping is CreateTrainingJob-12 and -13.
func checkStopping(in *sagemaker.CreateTrainingJobInput) error {
	c := in.StoppingCondition
	longest := defaultRuntime
	if c.MaxRuntimeInSeconds != nil {
		longest = *c.MaxRuntimeInSeconds
	}
	spot := aws.Val(in.EnableManagedSpotTraining)
	switch {
	case longest > maxRuntime:
		return aws.Invalid("StoppingCondition.MaxRuntimeInSeconds is %d; the longest possible is %d (28 days).", longest, maxRuntime)
	case c.MaxWaitTimeInSeconds != nil && !spot:
		return aws.Invalid("StoppingCondition.MaxWaitTimeInSeconds is only for managed spot training. Set EnableManagedSpotTraining, or leave it out.")
	case spot && c.MaxWaitTimeInSeconds == nil:
		return aws.Invalid("Managed spot training (EnableManagedSpotTraining) needs StoppingCondition.MaxWaitTimeInSeconds, at least as long as MaxRuntimeInSeconds.")
	case spot && *c.MaxWaitTimeInSeconds < longest:
		return aws.Invalid("Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds: it is %d, and MaxRuntimeInSeconds is %d.", *c.MaxWaitTimeInSeconds, longest)
	}
	return nil
}

// checkSynced refuses directories that cannot be kept in S3: paths outside of
// /opt/ml, which is all that a job has, and two in one place.
func checkSynced(in *sagemaker.CreateTrainingJobInput) error {
	seen := map[string]string{}
	check := func(member string, local *string, fallback, uri string) error {
		if _, _, err := parseS3(uri); err != nil {
			return err
		}
		path := fallback
		if local != nil {
			path = *local
		}
		below, ok := belowML(path)
		if !ok {
			return aws.Invalid("%s.LocalPath %q is not a directory below /opt/ml, and a job keeps nothing elsewhere.", member, path)
		}
		for _, reserved := range []string{"input", "model", "output/data"} {
			if below == reserved || strings.HasPrefix(below, reserved+"/") {
				return aws.Invalid("%s.LocalPath %q lies in /opt/ml/%s, which has another purpose.", member, path, reserved)
			}
		}
		if other := seen[below]; other != "" {
			return aws.Invalid("%s.LocalPath and %s.LocalPath are the same directory %q.", other, member, path)
		}
		seen[below] = member
		return nil
	}
	var errs []error
	if c := in.CheckpointConfig; c != nil {
		errs = append(errs, check("CheckpointConfig", c.LocalPath, defaultCheckpoints, *c.S3Uri))
	}
	if c := in.TensorBoardOutputConfig; c != nil {
		errs = append(errs, check("TensorBoardOutputConfig", c.LocalPath, defaultTensorBoard, *c.S3OutputPath))
	}
	if c := in.DebugHookConfig; c != nil {
		errs = append(errs, check("DebugHookConfig", c.LocalPath, defaultTensors, *c.S3OutputPath))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// collectionKeys are the parameters that a tensor collection may have,
// profilingKeys those of a framework profile, and intervals how often an instance
// may be sampled, in milliseconds (CreateTrainingJob-15, -16).
var (
	collectionKeys = []string{"include_regex", "name", "reduction_config", "save_config", "save_histogram", "tensor_names"}
	profilingKeys  = []string{"DataLoaderProfilingConfig", "DetailedProfilingConfig", "HorovodProfilingConfig", "PythonProfilingConfig", "SMDataParallelProfilingConfig"}
	intervals      = []int64{100, 200, 500, 1000, 5000, 60000}
)

// checkDebugger is CreateTrainingJob-15 and -16.
func checkDebugger(in *sagemaker.CreateTrainingJobInput) error {
	if c := in.DebugHookConfig; c != nil {
		for _, collection := range c.CollectionConfigurations {
			for key := range collection.CollectionParameters {
				if !slices.ContainsFunc(collectionKeys, func(known string) bool {
					return key == known || strings.HasSuffix(key, "."+known)
				}) {
					return aws.Invalid("DebugHookConfig: the collection %q has the parameter %q; known ones are %q.", aws.Val(collection.CollectionName), key, collectionKeys)
				}
			}
		}
	}
	if p := in.ProfilerConfig; p != nil {
		return checkProfiler(p.S3OutputPath, p.ProfilingIntervalInMilliseconds, p.ProfilingParameters, p.DisableProfiler)
	}
	return nil
}

// checkProfiler checks the members of a profiler's configuration.
func checkProfiler(output *string, interval *int64, parameters map[string]string, disabled *bool) error {
	if output != nil {
		if _, _, err := parseS3(*output); err != nil {
			return err
		}
	}
	if interval != nil && !slices.Contains(intervals, *interval) {
		return aws.Invalid("ProfilerConfig.ProfilingIntervalInMilliseconds is %d; possible are %d.", *interval, intervals)
	}
	for key := range parameters {
		if !slices.Contains(profilingKeys, key) {
			return aws.Invalid("ProfilerConfig.ProfilingParameters has the key %q; known ones are %q.", key, profilingKeys)
		}
	}
	if aws.Val(disabled) && (interval != nil || len(parameters) > 0) {
		return aws.Invalid("ProfilerConfig disables the profiler (DisableProfiler) and configures it at the same time. Leave out one of the two.")
	}
	return nil
}

// checkUnsupported lists what has no effect to give yet.
func checkUnsupported(in *sagemaker.CreateTrainingJobInput) error {
	for _, x := range []struct {
		present      bool
		member, what string
	}{
		{len(in.DebugRuleConfigurations) > 0, "DebugRuleConfigurations", "debugger rules, which run as processing jobs"},
		{len(in.ProfilerRuleConfigurations) > 0, "ProfilerRuleConfigurations", "profiler rules, which run as processing jobs"},
	} {
		if x.present {
			return unsupported(x.member, x.what)
		}
	}
	return nil
}
