package training

import (
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// homogeneous is the name of the only group of a job without instance groups,
// as containers see it (TrainContainer-5).
const homogeneous = "homogeneousCluster"

// hostsOf are the instances that a request asks for: algo-1 … algo-N, through
// all groups in order. The training toolkits count on these names.
func hostsOf(in *sagemaker.CreateTrainingJobInput) []Host {
	groups := in.ResourceConfig.InstanceGroups
	if len(groups) == 0 {
		name := homogeneous
		groups = []*sagemaker.InstanceGroup{{
			InstanceGroupName: &name, InstanceType: in.ResourceConfig.InstanceType, InstanceCount: in.ResourceConfig.InstanceCount,
		}}
	}
	var hosts []Host
	for _, g := range groups {
		for range *g.InstanceCount {
			hosts = append(hosts, Host{
				Name: fmt.Sprintf("algo-%d", len(hosts)+1), Group: *g.InstanceGroupName, InstanceType: string(g.InstanceType),
			})
		}
	}
	return hosts
}

// namesOf are the hosts' names in order.
func namesOf(hosts []Host) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names
}

// receives says whether a group's hosts get a channel (TrainData-8).
func receives(c *sagemaker.Channel, group string) bool {
	s3 := c.DataSource.S3DataSource
	return s3 == nil || len(s3.InstanceGroupNames) == 0 || slices.Contains(s3.InstanceGroupNames, group)
}

// channelsOf are the channels that a host gets.
func channelsOf(in *sagemaker.CreateTrainingJobInput, h Host) (channels []*sagemaker.Channel) {
	for _, c := range in.InputDataConfig {
		if receives(c, h.Group) {
			channels = append(channels, c)
		}
	}
	return channels
}
