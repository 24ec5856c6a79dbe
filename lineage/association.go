package lineage

import (
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/store"
)

// The types of associations (AddAssociation-3). They suggest a meaning and
// enforce nothing.
const (
	ContributedTo  = "ContributedTo"
	AssociatedWith = "AssociatedWith"
	DerivedFrom    = "DerivedFrom"
	Produced       = "Produced"
	SameAs         = "SameAs"
)

// Association is an edge to add: what led from one vertex to another.
type Association struct {
	Source, Destination *Vertex
	// Type is one of the types above, "" for none.
	Type string
	// CreatedBy is kept as it is, "" for nobody in particular.
	CreatedBy string
	// Manual says that a user added it; quotas count only those.
	Manual bool
}

// Associate adds a, both of whose vertices were put or found in this
// transaction; store.ErrExists when they are associated in that direction
// already, whatever the type.
func Associate(tx *store.Tx, a Association) error {
	if a.Source.Scope != a.Destination.Scope || a.Source.ID == a.Destination.ID {
		return fmt.Errorf("lineage: %s and %s cannot be associated", a.Source.ARN, a.Destination.ARN)
	}
	group, err := groupID(tx, a.Source.Scope)
	if err != nil {
		return fmt.Errorf("lineage: associate: %w", err)
	}
	r, err := tx.Exec(`INSERT INTO lineage_association (source, destination, grp, type, created_at, created_by, manual)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		a.Source.ID, a.Destination.ID, group, a.Type, store.Micros(tx.Now), a.CreatedBy, a.Manual)
	if err != nil {
		return fmt.Errorf("lineage: associate: %w", err)
	}
	if n, err := r.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("%w: association from %s to %s", store.ErrExists, a.Source.ARN, a.Destination.ARN)
	}
	return nil
}

// Ensure is Associate for edges that may be there already.
func Ensure(tx *store.Tx, a Association) error {
	err := Associate(tx, a)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// Dissociate removes the association from source to destination, or answers
// store.ErrNotFound.
func Dissociate(tx *store.Tx, source, destination *Vertex) error {
	r, err := tx.Exec("DELETE FROM lineage_association WHERE source = $1 AND destination = $2", source.ID, destination.ID)
	if err != nil {
		return fmt.Errorf("lineage: dissociate: %w", err)
	}
	if n, err := r.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("%w: association from %s to %s", store.ErrNotFound, source.ARN, destination.ARN)
	}
	return nil
}

// Detach removes all associations of v.
func Detach(tx *store.Tx, v *Vertex) error {
	for _, end := range []string{"source", "destination"} {
		if _, err := tx.Exec("DELETE FROM lineage_association WHERE "+end+" = $1", v.ID); err != nil {
			return fmt.Errorf("lineage: detach %s: %w", v.ARN, err)
		}
	}
	return nil
}
