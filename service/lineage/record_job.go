package lineage

import (
	"errors"

	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// RecordJob notes what a job has used and made: the artifacts of its inputs
// contributed to its trial component, which produced those of its outputs
// (QL-9). What was noted before stays.
func (s *Service) RecordJob(tx *store.Tx, scope aws.Scope, job graph.Job) error {
	component, err := graph.Find(tx, scope, job.Component)
	if errors.Is(err, store.ErrNotFound) {
		return nil // its user has deleted it
	}
	if err != nil {
		return err
	}
	if err := contribute(tx, scope, job.Inputs, component); err != nil {
		return err
	}
	for _, data := range job.Outputs {
		output, err := ensureArtifact(tx, scope, data)
		if err != nil {
			return err
		}
		if err := graph.Ensure(tx, graph.Association{Source: component, Destination: output, Type: graph.Produced}); err != nil {
			return err
		}
	}
	return nil
}
