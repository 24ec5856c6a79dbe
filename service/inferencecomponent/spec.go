package inferencecomponent

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// programsOf names the programs of a copy for ever: a component that is made again
// under the same name is another one.
func (s *Service) programsOf(r *row, one Copy) replica.Programs {
	w := workOf(r)
	made := store.Micros(r.CreatedAt)
	return replica.Programs{
		Name:      fmt.Sprintf("inference-component/%s/%d/%s", w.key(), made, one),
		Dir:       filepath.Join(s.Dir, w.Account, w.Region, fmt.Sprintf("%s-%d", w.Name, made), one.String()),
		Contained: one.Contained,
	}
}

// specOf is a copy of a version as it is to be.
func (s *Service) specOf(r *row, h *Host, v *Version, one Copy) replica.Spec {
	spec := replica.Spec{
		Programs: s.programsOf(r, one), Scope: r.Scope, Model: v.Model, Isolated: h.Isolated,
		LogGroup: "/aws/sagemaker/InferenceComponents/" + r.Name, LogStream: r.Body.Variant,
		Environment: map[string]string{
			"SAGEMAKER_ENDPOINT_NAME": r.Parent, "SAGEMAKER_VARIANT_NAME": r.Body.Variant, "SAGEMAKER_INFERENCE_COMPONENT_NAME": r.Name,
		},
		Download: 30 * time.Minute, Health: 4 * time.Minute,
	}
	if h.RoleARN != "" {
		spec.Model.RoleARN = h.RoleARN
	}
	t, _ := instance.Lookup(h.Variants[r.Body.Variant].InstanceType)
	spec.CPUs, spec.MemoryBytes = float64(t.VCPUs), t.MemoryBytes
	q := v.Spec.ComputeResourceRequirements
	if q.NumberOfCpuCoresRequired != nil {
		spec.CPUs = float64(*q.NumberOfCpuCoresRequired)
	}
	if q.MaxMemoryRequiredInMb != nil {
		spec.MemoryBytes = int64(*q.MaxMemoryRequiredInMb) << 20
	}
	if p := v.Spec.StartupParameters; p != nil {
		if n := p.ModelDataDownloadTimeoutInSeconds; n != nil {
			spec.Download = time.Duration(*n) * time.Second
		}
		if n := p.ContainerStartupHealthCheckTimeoutInSeconds; n != nil {
			spec.Health = time.Duration(aws.Val(n)) * time.Second
		}
	}
	return spec
}
