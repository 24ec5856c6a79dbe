package experiment

import (
	"errors"

	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// typeComponent is the entity type of components that no job made; those of jobs
// have the kind of job, as the SDK wants it (QL-6).
const typeComponent = "TrialComponent"

// known puts a component into the lineage graph, or notes that it changed: jobs
// and users associate it with what went in and what came out (AddAssociation-2).
func known(tx *store.Tx, c *componentRow) error {
	kind := typeComponent
	if c.Body.Source != nil {
		kind = lineage.TypeTrainingJob
	}
	return lineage.Put(tx, &lineage.Vertex{Scope: c.Scope, ARN: c.ARN, Kind: lineage.TrialComponent, Type: kind, Name: c.Body.Name})
}

// knownExperiment is known for an experiment. Trials take no part in lineage.
func knownExperiment(tx *store.Tx, e *experimentRow) error {
	return lineage.Put(tx, &lineage.Vertex{Scope: e.Scope, ARN: e.ARN, Kind: lineage.Experiment, Type: "Experiment", Name: e.Body.Name})
}

// forgotten removes an entity and its associations from the lineage graph.
func forgotten[B any](tx *store.Tx, row *store.Row[B]) error {
	v, err := lineage.Find(tx, row.Scope, row.ARN)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if err := lineage.Detach(tx, v); err != nil {
		return err
	}
	return lineage.Drop(tx, row.Scope, row.ARN)
}
