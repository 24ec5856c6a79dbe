package experiment

import (
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// Which names belong to a trial, an experiment, a component: see store.Among.

func ofTrial(trial string) *store.Among {
	return &store.Among{SQL: "SELECT component FROM trial_member WHERE account = $2 AND region = $3 AND trial = ?", Args: []any{trial}}
}

func ofExperiment(experiment string) *store.Among {
	return &store.Among{SQL: "SELECT component FROM trial_member WHERE account = $2 AND region = $3 AND experiment = ?", Args: []any{experiment}}
}

func withComponent(component string) *store.Among {
	return &store.Among{SQL: "SELECT trial FROM trial_member WHERE account = $2 AND region = $3 AND component = ?", Args: []any{component}}
}

// join adds a component to a trial; one that belongs to it already stays.
func join(tx *store.Tx, trial *trialRow, component *componentRow) error {
	_, err := tx.Exec(`INSERT INTO trial_member (account, region, trial, component, experiment, added_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		trial.Scope.Account, trial.Scope.Region, trial.Name, component.Name, trial.Parent, store.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("experiment: add %s to %s: %w", component.Name, trial.Name, err)
	}
	return moved(tx, trial, component)
}

// leave removes a component from a trial and answers whether it belonged to it.
func leave(tx *store.Tx, trial *trialRow, component *componentRow) (bool, error) {
	r, err := tx.Exec("DELETE FROM trial_member WHERE account = $1 AND region = $2 AND trial = $3 AND component = $4",
		trial.Scope.Account, trial.Scope.Region, trial.Name, component.Name)
	if err != nil {
		return false, fmt.Errorf("experiment: remove %s from %s: %w", component.Name, trial.Name, err)
	}
	if n, err := r.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	return true, moved(tx, trial, component)
}

// moved says that the records of both show another membership.
func moved(tx *store.Tx, trial *trialRow, component *componentRow) error {
	if err := store.MarkChanged(tx, trials.Kind(), trial.Scope, trial.Name); err != nil {
		return err
	}
	return changed(tx, component)
}

// parentsOf are the trials that a component belongs to, in the order in which it
// was added to them.
func parentsOf(tx *store.Tx, component *componentRow) ([]*sagemaker.Parent, error) {
	rows, err := tx.Query("SELECT trial FROM trial_member WHERE account = $1 AND region = $2 AND component = $3 ORDER BY added_at, trial",
		component.Scope.Account, component.Scope.Region, component.Name)
	if err != nil {
		return nil, fmt.Errorf("experiment: trials of %s: %w", component.Name, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	parents := []*sagemaker.Parent{}
	for _, name := range names {
		trial, err := trials.Shared(tx, component.Scope, name)
		if err != nil {
			return nil, err
		}
		parents = append(parents, &sagemaker.Parent{TrialName: &trial.Body.Name, ExperimentName: &trial.Body.Experiment})
	}
	return parents, nil
}
