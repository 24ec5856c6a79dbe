package endpoint

import (
	"github.com/sagebrush/sagebrush/aws"
)

// checkDumps refuses core dumps of what leaves none here that could be found: where
// they go is the kernel's to say, for the whole machine (CreateEndpointConfig-9).
func (s *Service) checkDumps(f *Fleet, v *Variant) error {
	if settings(&f.Config, v.Name).CoreDumpConfig == nil {
		return nil
	}
	if v.hosts() {
		return aws.Invalid("The variant %s has a CoreDumpConfig and no ModelName: core files of inference components are not kept here. Leave out CoreDumpConfig.", v.Name)
	}
	for _, c := range v.Model.Containers {
		if c.Contained {
			return aws.Invalid("The variant %s has a CoreDumpConfig, and the container engine runs its image %s: where core files of containers go is not known here. Leave out CoreDumpConfig, or use an image that this server has a program for.", v.Name, c.Image)
		}
	}
	if s.Machine.Runner.Traits().Cores == "" {
		return aws.Invalid("The variant %s has a CoreDumpConfig, and the kernel of this machine does not leave core files where programs run. Leave it out, or have whoever runs the machine allow them: sysctl kernel.core_pattern=core, and ulimit -H -c unlimited for the server.", v.Name)
	}
	return nil
}
