package model

import (
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// check refuses requests that contradict themselves. Modelled constraints were
// checked before.
func check(in *sagemaker.CreateModelInput) error {
	switch {
	case in.PrimaryContainer != nil && len(in.Containers) > 0:
		return aws.Invalid("A model has a PrimaryContainer or Containers, not both.") // DescModel-1
	case in.PrimaryContainer == nil && len(in.Containers) == 0:
		return aws.Invalid("A model needs a PrimaryContainer, or Containers for an inference pipeline.")
	case in.PrimaryContainer != nil && in.InferenceExecutionConfig != nil:
		return aws.Invalid("InferenceExecutionConfig says how several Containers work together; leave it out with a PrimaryContainer.") // DescModel-11
	}
	for _, c := range containers(in) {
		for _, rule := range []func(*sagemaker.CreateModelInput, *sagemaker.ContainerDefinition) error{checkImage, checkData, checkMode} {
			if err := rule(in, c); err != nil {
				return err
			}
		}
	}
	return checkHostnames(in.Containers)
}

// checkImage is DescModel-3 and -10: an image or a model package, and how the
// image's registry is reached.
func checkImage(in *sagemaker.CreateModelInput, c *sagemaker.ContainerDefinition) error {
	switch {
	case c.Image == nil && c.ModelPackageName == nil:
		return aws.Invalid("A container needs an Image or a ModelPackageName.")
	case c.ModelPackageName != nil && (c.Image != nil || c.ModelDataUrl != nil || c.ModelDataSource != nil || c.ImageConfig != nil):
		return aws.Invalid("ModelPackageName %s brings the image and the model data; leave out Image, ImageConfig, ModelDataUrl and ModelDataSource.", *c.ModelPackageName)
	case c.InferenceSpecificationName != nil && c.ModelPackageName == nil:
		return aws.Invalid("InferenceSpecificationName %s chooses in a model package; give its ModelPackageName.", *c.InferenceSpecificationName)
	}
	if c.ImageConfig == nil {
		return nil
	}
	vpc := c.ImageConfig.RepositoryAccessMode == sagemaker.RepositoryAccessModeVpc
	switch {
	case c.ImageConfig.RepositoryAuthConfig != nil && !vpc:
		return aws.Invalid("RepositoryAuthConfig is for private registries: set RepositoryAccessMode to Vpc, or leave it out.")
	case vpc && in.VpcConfig == nil:
		return aws.Invalid("RepositoryAccessMode Vpc reaches a private registry through the model's VPC; give VpcConfig.")
	}
	return nil
}

// checkData is DescModel-4, -5, -8 and Common-9.
func checkData(_ *sagemaker.CreateModelInput, c *sagemaker.ContainerDefinition) error {
	multi := c.Mode == sagemaker.ContainerModeMultiModel
	if url := c.ModelDataUrl; url != nil {
		switch {
		case c.ModelDataSource != nil:
			return aws.Invalid("Give ModelDataUrl or ModelDataSource, not both.")
		case !multi && !strings.HasSuffix(*url, ".tar.gz"):
			return aws.Invalid("ModelDataUrl %s is not a single gzip-compressed tar archive (suffix .tar.gz). Use ModelDataSource for model data that is not compressed.", *url)
		}
	}
	if c.ModelDataSource == nil {
		return nil
	}
	s := c.ModelDataSource.S3DataSource
	if s == nil {
		return aws.Invalid("ModelDataSource needs an S3DataSource.")
	}
	prefix := s.S3DataType == sagemaker.S3ModelDataTypeS3Prefix
	switch {
	case s.ModelAccessConfig != nil && !aws.Val(s.ModelAccessConfig.AcceptEula): // DescModel-8
		return aws.Invalid("ModelAccessConfig does not accept the license of the model data %s. Read the license and set AcceptEula to true, or leave ModelAccessConfig out for data that has none.", *s.S3Uri)
	case multi:
		return aws.Invalid("ModelDataSource is not available to multi-model containers. Use ModelDataUrl with the prefix of the models.")
	case prefix && s.CompressionType == sagemaker.ModelCompressionTypeGzip:
		return aws.Invalid("S3DataType S3Prefix takes CompressionType None: a gzip-compressed tar archive is one S3Object.")
	case prefix && !strings.HasSuffix(*s.S3Uri, "/"):
		return aws.Invalid("S3Uri %s of an S3Prefix must end with a slash.", *s.S3Uri)
	case !prefix && strings.HasSuffix(*s.S3Uri, "/"):
		return aws.Invalid("S3Uri %s names no object: an S3Object's key does not end with a slash.", *s.S3Uri)
	}
	return nil
}

// checkMode is DescModel-10: only multi-model containers cache models.
func checkMode(_ *sagemaker.CreateModelInput, c *sagemaker.ContainerDefinition) error {
	multi := c.Mode == sagemaker.ContainerModeMultiModel
	switch {
	case c.MultiModelConfig != nil && !multi:
		return aws.Invalid("MultiModelConfig is for containers whose Mode is MultiModel.")
	case multi && c.ModelPackageName == nil && c.ModelDataUrl == nil:
		return aws.Invalid("A container whose Mode is MultiModel needs a ModelDataUrl: the prefix under which its models are.")
	}
	return nil
}

// checkHostnames is DescModel-2: all containers of a pipeline have names of their
// own, or none has.
func checkHostnames(pipeline []*sagemaker.ContainerDefinition) error {
	var names []string
	for _, c := range pipeline {
		if c.ContainerHostname == nil {
			continue
		}
		if slices.Contains(names, *c.ContainerHostname) {
			return aws.Invalid("ContainerHostname %s occurs more than once among the containers.", *c.ContainerHostname)
		}
		names = append(names, *c.ContainerHostname)
	}
	if len(names) > 0 && len(names) < len(pipeline) {
		return aws.Invalid("%d of %d containers have a ContainerHostname. Name all of them, or none.", len(names), len(pipeline))
	}
	return nil
}
