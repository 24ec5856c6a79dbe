package model

import (
	"fmt"
	"maps"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxContainers is how many containers a pipeline has at most (DescModel-1).
const maxContainers = 15

// Deployable is a model as it is run: model packages are resolved, defaults are
// filled in. It belongs to whoever asked for it.
type Deployable struct {
	Name, ARN string
	// Containers in the order in which requests pass through them; at least one.
	Containers []Container
	// Direct says that each request names the container that answers it by its
	// hostname; otherwise requests pass through all of them (DescModel-11).
	Direct bool
	// RoleARN is whom the containers act as, "" for nobody.
	RoleARN string
	// VpcConfig is the network that the model asks for, nil for none.
	VpcConfig *sagemaker.VpcConfig
	// Isolated containers reach nothing and nobody (DescModel-12).
	Isolated bool
}

// Container is one container of a Deployable.
type Container struct {
	// Hostname is its name in requests, logs and the network of its model: given, or
	// made from its position (DescModel-2). A model's only container may have none.
	Hostname string
	// Image is the image URI as it was given. Packaged says that it comes from a
	// model package, and Digest is then the one that it had when the package was
	// made, "" where that is not known.
	Image    string
	Packaged bool
	Digest   string
	// Package is the ARN of that package, "" for none.
	Package string
	// Provider is the ARN that names the credentials of a private registry, "" where
	// none are named; PrivateRegistry says that the image is in one (DescModel-3).
	Provider        string
	PrivateRegistry bool
	// Environment of the container; what the model says wins over its package.
	Environment map[string]string
	// Data is the model data, nil for none. For a MultiModel container it is the
	// prefix under which its models are.
	Data *modeldata.Source
	// MultiModel says that models are loaded as requests ask for them, and Uncached
	// that none is kept in memory (DescModel-10).
	MultiModel, Uncached bool
}

// ForDeployment is the model of that name as it is run. A model that does not
// exist is refused in the words that clients expect. Packages are as they
// were when the model was made, whatever has become of their approval since.
func (s *Service) ForDeployment(tx *store.Tx, scope aws.Scope, name string) (*Deployable, error) {
	r, err := models.Find(tx, scope, name)
	if err != nil {
		return nil, err
	}
	return deployable(r)
}

// deployable is the model of a row.
func deployable(r *row) (*Deployable, error) {
	q := &r.Body.Request
	d := &Deployable{
		Name: r.Name, ARN: r.ARN, RoleARN: aws.Val(q.ExecutionRoleArn), VpcConfig: q.VpcConfig, Isolated: aws.Val(q.EnableNetworkIsolation),
		Direct: q.InferenceExecutionConfig != nil && q.InferenceExecutionConfig.Mode == sagemaker.InferenceExecutionModeDirect,
	}
	for i, c := range containers(q) {
		if c.ModelPackageName == nil {
			d.Containers = append(d.Containers, plain(c))
			continue
		}
		for _, p := range r.Body.Packaged[i] {
			if p.AdditionalS3DataSource != nil {
				return nil, aws.Invalid("The model package %s has a container with an AdditionalS3DataSource, which models cannot be given here. Register a version whose model data is complete, and make the model from that one.", *c.ModelPackageName)
			}
			n := packaged(c, p, len(r.Body.Packaged[i]) == 1)
			n.Package = packageARN(r.Scope, *c.ModelPackageName)
			d.Containers = append(d.Containers, n)
			if n.MultiModel && n.Data == nil {
				return nil, aws.Invalid("The model package %s has no ModelDataUrl, and a container whose Mode is MultiModel needs one: the prefix under which its models are.", *c.ModelPackageName)
			}
		}
	}
	if len(d.Containers) > maxContainers {
		return nil, aws.Invalid("The model %s has %d containers with those of its model packages, and a pipeline has %d at most.", d.Name, len(d.Containers), maxContainers)
	}
	return d, d.nameContainers()
}

// plain is a container that the model describes itself.
func plain(c *sagemaker.ContainerDefinition) Container {
	out := Container{
		Hostname: aws.Val(c.ContainerHostname), Image: aws.Val(c.Image), Environment: maps.Clone(c.Environment),
		MultiModel: c.Mode == sagemaker.ContainerModeMultiModel,
		Uncached:   c.MultiModelConfig != nil && c.MultiModelConfig.ModelCacheSetting == sagemaker.ModelCacheSettingDisabled,
	}
	if i := c.ImageConfig; i != nil {
		out.PrivateRegistry = i.RepositoryAccessMode == sagemaker.RepositoryAccessModeVpc
		if i.RepositoryAuthConfig != nil {
			out.Provider = aws.Val(i.RepositoryAuthConfig.RepositoryCredentialsProviderArn)
		}
	}
	switch {
	case out.MultiModel:
		out.Data = &modeldata.Source{URI: aws.Val(c.ModelDataUrl), Prefix: true}
	case c.ModelDataUrl != nil:
		out.Data = &modeldata.Source{URI: *c.ModelDataUrl, Gzip: true}
	case c.ModelDataSource != nil:
		s := c.ModelDataSource.S3DataSource
		out.Data = &modeldata.Source{
			URI: *s.S3Uri, Prefix: s.S3DataType == sagemaker.S3ModelDataTypeS3Prefix, Gzip: s.CompressionType == sagemaker.ModelCompressionTypeGzip,
		}
	}
	return out
}

// packaged is a container of a model package, with what the model says of it. The
// model's hostname is that of a package with one container only.
func packaged(c *sagemaker.ContainerDefinition, p *sagemaker.ModelPackageContainerDefinition, only bool) Container {
	out := Container{
		Hostname: aws.Val(p.ContainerHostname), Image: *p.Image, Packaged: true, Digest: aws.Val(p.ImageDigest), Environment: maps.Clone(p.Environment),
		MultiModel: c.Mode == sagemaker.ContainerModeMultiModel,
		Uncached:   c.MultiModelConfig != nil && c.MultiModelConfig.ModelCacheSetting == sagemaker.ModelCacheSettingDisabled,
	}
	if only && c.ContainerHostname != nil {
		out.Hostname = *c.ContainerHostname
	}
	if len(c.Environment) > 0 {
		if out.Environment == nil {
			out.Environment = map[string]string{}
		}
		maps.Copy(out.Environment, c.Environment)
	}
	if p.ModelDataUrl != nil {
		out.Data = &modeldata.Source{URI: *p.ModelDataUrl, Prefix: out.MultiModel, Gzip: !out.MultiModel}
	}
	return out
}

// nameContainers gives every container of several a name of its own.
func (d *Deployable) nameContainers() error {
	if len(d.Containers) == 1 {
		return nil
	}
	taken := map[string]bool{}
	for _, c := range d.Containers {
		if c.Hostname != "" && taken[c.Hostname] {
			return aws.Invalid("The model %s has two containers with the hostname %s, counting those of its model packages. Give them names of their own by ContainerHostname.", d.Name, c.Hostname)
		}
		taken[c.Hostname] = true
	}
	for i := range d.Containers {
		c := &d.Containers[i]
		for n := i + 1; c.Hostname == ""; n++ {
			if name := fmt.Sprintf("container-%d", n); !taken[name] {
				c.Hostname, taken[name] = name, true
			}
		}
	}
	return nil
}

// packageARN is the ARN of a package that is named by it, or by its name.
func packageARN(scope aws.Scope, name string) string {
	if _, ok := aws.ParseARN(name); ok {
		return name
	}
	return aws.SageMakerARN(scope, "model-package", name)
}
