package training

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// host is the name of the only instance.
const host = "algo-1"

// caBundle is where programs find the certificates to trust; a copy of the
// server's own file, because a container sees nothing but /opt/ml of the machine.
const caBundle = "/opt/ml/input/config/ca-bundle.pem"

// mlDir is what the job's program sees as /opt/ml.
func (s *Service) mlDir(w work) string {
	return filepath.Join(s.Dir, w.Account, w.Region, w.Name)
}

// layOut makes a fresh /opt/ml for the job: the directories and the three
// configuration files (TrainContainer-3 … -5). What an earlier, interrupted
// attempt left is removed first.
func (s *Service) layOut(w work, in *sagemaker.CreateTrainingJobInput) error {
	ml := s.mlDir(w)
	if err := os.RemoveAll(ml); err != nil {
		return err
	}
	for _, dir := range []string{"input/config", "input/data", "model", "output/data", "checkpoints", "code"} {
		if err := os.MkdirAll(filepath.Join(ml, dir), 0o755); err != nil {
			return err
		}
	}
	certificates, err := s.Access.CABundle()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(ml, "input/config", filepath.Base(caBundle)), certificates, 0o644); err != nil {
		return err
	}
	hyperParameters := in.HyperParameters
	if hyperParameters == nil {
		hyperParameters = map[string]string{}
	}
	for name, content := range map[string]any{
		"hyperparameters.json": hyperParameters,
		"inputdataconfig.json": inputDataConfig(in),
		"resourceconfig.json":  resourceConfig(in),
	} {
		text, err := json.Marshal(content)
		if err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(ml, "input/config", name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// channelConfig is one channel in inputdataconfig.json, in the full form that
// containers rely on (TrainContainer-4).
type channelConfig struct {
	ContentType        string `json:",omitempty"`
	TrainingInputMode  string
	S3DistributionType string
	RecordWrapperType  string
}

func inputDataConfig(in *sagemaker.CreateTrainingJobInput) map[string]channelConfig {
	channels := make(map[string]channelConfig, len(in.InputDataConfig))
	for _, c := range in.InputDataConfig {
		channels[*c.ChannelName] = channelConfig{
			ContentType:        aws.Val(c.ContentType),
			TrainingInputMode:  string(c.InputMode),
			S3DistributionType: string(c.DataSource.S3DataSource.S3DataDistributionType),
			RecordWrapperType:  string(c.RecordWrapperType),
		}
	}
	return channels
}

// resources is resourceconfig.json (TrainContainer-5).
type resources struct {
	CurrentHost         string   `json:"current_host"`
	CurrentInstanceType string   `json:"current_instance_type"`
	CurrentGroupName    string   `json:"current_group_name"`
	Hosts               []string `json:"hosts"`
	InstanceGroups      []group  `json:"instance_groups"`
	NetworkInterface    string   `json:"network_interface_name"`
}

type group struct {
	Name         string   `json:"instance_group_name"`
	InstanceType string   `json:"instance_type"`
	Hosts        []string `json:"hosts"`
}

func resourceConfig(in *sagemaker.CreateTrainingJobInput) resources {
	kind := string(in.ResourceConfig.InstanceType)
	hosts := []string{host}
	return resources{
		CurrentHost: host, CurrentInstanceType: kind, CurrentGroupName: "homogeneousCluster", Hosts: hosts,
		InstanceGroups:   []group{{Name: "homogeneousCluster", InstanceType: kind, Hosts: hosts}},
		NetworkInterface: "lo",
	}
}
