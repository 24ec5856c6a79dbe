package replica

import "github.com/sagebrush/sagebrush/artifact/modeldata"

// Model is what a replica runs: its containers in order, as they were when it was
// decided to run them.
type Model struct {
	Name       string
	Containers []Container
	// Direct says that each request names its container; else they are a pipeline.
	Direct bool `json:",omitempty"`
	// RoleARN is whom the containers act as, "" for nobody.
	RoleARN string `json:",omitempty"`
	// Isolated containers reach nothing and nobody (DescModel-12).
	Isolated bool `json:",omitempty"`
}

// Container is one container of a model.
type Container struct {
	// Hostname is its name in requests, logs and the network of its model.
	Hostname string
	Image    string
	// Contained says that the container engine runs it, not this server's own program
	// for the image. Machine.Place decides it.
	Contained bool `json:",omitempty"`
	// Package is the ARN of the model package that it comes from, "" for none.
	Package string `json:",omitempty"`
	// Provider names the credentials of the image's registry, "" without.
	Provider    string `json:",omitempty"`
	Environment map[string]string
	// Data is the model data, nil for none.
	Data *modeldata.Source `json:",omitempty"`
	// MultiModel says that Data is the place of many models, loaded as they are
	// asked for, and Uncached that none of them is kept (DescModel-10).
	MultiModel, Uncached bool `json:",omitempty"`
}

// Contained says of each container whether the engine runs it.
func (m *Model) Contained() []bool {
	list := make([]bool, len(m.Containers))
	for i, c := range m.Containers {
		list[i] = c.Contained
	}
	return list
}
