package training

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// caBundle is where programs find the certificates to trust; a copy of the
// server's own file, because a container sees nothing but /opt/ml of the machine.
const caBundle = "/opt/ml/input/config/ca-bundle.pem"

// jobDir holds what a job has on this machine, and mlDir what the program of one
// of its hosts sees as /opt/ml.
func (s *Service) jobDir(w work) string { return filepath.Join(s.Dir, w.Account, w.Region, w.Name) }
func (s *Service) mlDir(w work, host string) string {
	return filepath.Join(s.jobDir(w), host)
}

// layOut makes a fresh /opt/ml for every host: the directories and the
// configuration files (TrainContainer-3 … -5). What an earlier, interrupted
// attempt left is removed first.
func (s *Service) layOut(w work, r *row) error {
	if err := os.RemoveAll(s.jobDir(w)); err != nil {
		return err
	}
	certificates, err := s.Access.CABundle()
	if err != nil {
		return err
	}
	for i, h := range r.Body.Hosts {
		if err := s.layOutHost(w, r, i, certificates); err != nil {
			return fmt.Errorf("lay out %s: %w", h.Name, err)
		}
	}
	return nil
}

func (s *Service) layOutHost(w work, r *row, i int, certificates []byte) error {
	in, host := &r.Body.Request, r.Body.Hosts[i]
	ml := s.mlDir(w, host.Name)
	for _, dir := range []string{"input/config", "input/data", "model", "output/data", "checkpoints", "code"} {
		if err := os.MkdirAll(filepath.Join(ml, dir), 0o755); err != nil {
			return err
		}
	}
	for _, c := range in.InputDataConfig {
		if c.DataSource.FileSystemDataSource == nil {
			continue // package channel makes the others
		}
		if err := os.MkdirAll(filepath.Join(ml, "input/data", *c.ChannelName), 0o755); err != nil {
			return err
		}
	}
	for _, o := range syncedDirs(in) {
		if err := os.MkdirAll(filepath.Join(ml, o.below), 0o755); err != nil {
			return err
		}
	}
	if err := s.takeCache(w, r, host.Name); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(ml, "input/config", filepath.Base(caBundle)), certificates, 0o644); err != nil {
		return err
	}
	for name, content := range s.configFiles(r, i) {
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

// configFiles are the JSON files in /opt/ml/input/config of a host.
func (s *Service) configFiles(r *row, i int) map[string]any {
	in := &r.Body.Request
	hyperParameters := in.HyperParameters
	if hyperParameters == nil {
		hyperParameters = map[string]string{}
	}
	files := map[string]any{
		"hyperparameters.json": hyperParameters,
		"inputdataconfig.json": inputDataConfig(in, r.Body.Hosts[i]),
		"resourceconfig.json":  resourceConfig(r.Body.Hosts, i, s.interfaceOf(r)),
	}
	if in.DebugHookConfig != nil {
		files["debughookconfig.json"] = in.DebugHookConfig
	}
	if p := in.ProfilerConfig; p != nil && !aws.Val(p.DisableProfiler) {
		files["profilerconfig.json"] = profilerFile{ProfilerConfig: p, LocalPath: "/opt/ml/" + profilerDir + "/"}
	}
	return files
}

// profilerFile is what debugger libraries read to profile a framework.
type profilerFile struct {
	*sagemaker.ProfilerConfig
	LocalPath string
}

// channelConfig is one channel in inputdataconfig.json, in the full form that
// containers rely on (TrainContainer-4).
type channelConfig struct {
	ContentType        string `json:",omitempty"`
	TrainingInputMode  string
	S3DistributionType string
	RecordWrapperType  string
}

// inputDataConfig describes the channels that a host gets. One from a file
// system is reported as replicated (TrainData-10).
func inputDataConfig(in *sagemaker.CreateTrainingJobInput, h Host) map[string]channelConfig {
	channels := make(map[string]channelConfig, len(in.InputDataConfig))
	for _, c := range channelsOf(in, h) {
		distribution := sagemaker.S3DataDistributionFullyReplicated
		if c.DataSource.S3DataSource != nil {
			distribution = c.DataSource.S3DataSource.S3DataDistributionType
		}
		channels[*c.ChannelName] = channelConfig{
			ContentType: aws.Val(c.ContentType), TrainingInputMode: string(c.InputMode),
			S3DistributionType: string(distribution), RecordWrapperType: string(c.RecordWrapperType),
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

func resourceConfig(hosts []Host, i int, networkInterface string) resources {
	var groups []group
	for _, h := range hosts {
		if n := len(groups); n > 0 && groups[n-1].Name == h.Group {
			groups[n-1].Hosts = append(groups[n-1].Hosts, h.Name)
			continue
		}
		groups = append(groups, group{Name: h.Group, InstanceType: h.InstanceType, Hosts: []string{h.Name}})
	}
	return resources{
		CurrentHost: hosts[i].Name, CurrentInstanceType: hosts[i].InstanceType, CurrentGroupName: hosts[i].Group,
		Hosts: namesOf(hosts), InstanceGroups: groups, NetworkInterface: networkInterface,
	}
}
