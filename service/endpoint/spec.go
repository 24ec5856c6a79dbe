package endpoint

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// programsOf names the programs of a replica for ever: an endpoint that is made
// again under the same name is another one.
func (s *Service) programsOf(r *row, retired Retired) replica.Programs {
	w := workOf(r)
	one := fmt.Sprintf("%s-%d", w.Name, store.Micros(r.CreatedAt))
	return replica.Programs{
		Name:      fmt.Sprintf("endpoint/%s/%d/%s", w.key(), store.Micros(r.CreatedAt), retired.Replica),
		Dir:       filepath.Join(s.Dir, w.Account, w.Region, one, retired.String()),
		Contained: retired.Contained,
	}
}

// specOf is a replica of a variant as it is to be.
func (s *Service) specOf(r *row, f *Fleet, v *Variant, one Replica) replica.Spec {
	set := settings(&f.Config, v.Name)
	spec := replica.Spec{
		Programs: s.programsOf(r, v.retired(one)), Scope: r.Scope, Model: v.Model,
		Isolated: aws.Val(f.Config.EnableNetworkIsolation),
		LogGroup: logGroup(r.Name), LogStream: v.Name,
		Environment: map[string]string{"SAGEMAKER_ENDPOINT_NAME": r.Name, "SAGEMAKER_VARIANT_NAME": v.Name},
	}
	if d := set.CoreDumpConfig; d != nil {
		spec.CoreDumps = fmt.Sprintf("%s/%s/%s", strings.TrimSuffix(*d.DestinationS3Uri, "/"), r.Name, v.Name)
	}
	spec.CPUs, spec.MemoryBytes = size(set)
	spec.Download, spec.Health = startup(set)
	return spec
}

// size is what each container of a variant may use, 0 for what is not known
// (docs/capacity.md).
func size(v *sagemaker.ProductionVariant) (cpus float64, bytes int64) {
	if c := v.ServerlessConfig; c != nil {
		return 0, int64(*c.MemorySizeInMB) << 20
	}
	if t, ok := instance.Lookup(string(v.InstanceType)); ok {
		return float64(max(1, t.VCPUs)), t.MemoryBytes
	}
	return 0, 0
}

// startup is what a variant's replicas have to become healthy, with the time for
// their model's data apart (Host-3).
func startup(v *sagemaker.ProductionVariant) (download, health time.Duration) {
	download, health = 30*time.Minute, 4*time.Minute
	if n := v.ModelDataDownloadTimeoutInSeconds; n != nil {
		download = time.Duration(*n) * time.Second
	}
	if n := v.ContainerStartupHealthCheckTimeoutInSeconds; n != nil {
		health = time.Duration(*n) * time.Second
	}
	return download, health
}
