package lineage

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Kind is what a vertex is. All but Experiment are the LineageTypes of
// QueryLineage (QL-6).
type Kind string

// The kinds of vertices.
const (
	Artifact       Kind = "Artifact"
	Action         Kind = "Action"
	Context        Kind = "Context"
	TrialComponent Kind = "TrialComponent"
	Experiment     Kind = "Experiment"
)

// ErrAssociated refuses to drop a vertex that still has associations (Co-7).
var ErrAssociated = errors.New("lineage: the entity has associations")

// Vertex is an entity of the graph.
type Vertex struct {
	// ID is the number of the vertex, set by Put and Find. Numbers grow in the
	// order of creation and are not used again.
	ID int64
	// Scope and ARN say which entity it is.
	Scope aws.Scope
	ARN   string
	Kind  Kind
	// Type is the free word for what the entity is: DataSet, Image, TrainingJob.
	Type string
	// Name is shown beside the ARN in lists of associations, "" for none.
	Name string
	// CreatedAt and ModifiedAt are set by Put where they are zero.
	CreatedAt, ModifiedAt time.Time
	// Properties are what queries can filter by.
	Properties map[string]string
	// Manual says that a user made it with an operation of lineage; quotas count
	// only those. Put does not change it.
	Manual bool
}

// Put adds v, or changes Type, Name, Properties and ModifiedAt of the vertex
// with its ARN. It sets v.ID.
func Put(tx *store.Tx, v *Vertex) error {
	properties := ""
	if len(v.Properties) > 0 {
		text, err := json.Marshal(v.Properties)
		if err != nil {
			return fmt.Errorf("lineage: put %s: %w", v.ARN, err)
		}
		properties = string(text)
	}
	group, err := ensureGroup(tx, v.Scope)
	if err != nil {
		return err
	}
	if v.CreatedAt.IsZero() {
		v.CreatedAt = tx.Now
	}
	if v.ModifiedAt.IsZero() {
		v.ModifiedAt = tx.Now
	}
	err = tx.QueryRow(`INSERT INTO lineage_vertex (grp, kind, type, created_at, modified_at, name, arn, properties, manual)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (grp, arn) DO UPDATE SET type = excluded.type, name = excluded.name,
			properties = excluded.properties, modified_at = excluded.modified_at
		RETURNING id`,
		group, string(v.Kind), v.Type, store.Micros(v.CreatedAt), store.Micros(v.ModifiedAt), v.Name, v.ARN, properties, v.Manual).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("lineage: put %s: %w", v.ARN, err)
	}
	return nil
}

// vertexColumns are the columns that scanVertex reads.
const vertexColumns = "v.id, v.kind, v.type, v.created_at, v.modified_at, v.name, v.arn, v.properties, v.manual"

// Find is the vertex with that ARN, or store.ErrNotFound; also when it belongs
// to another scope.
func Find(tx *store.Tx, scope aws.Scope, arn string) (*Vertex, error) {
	v, err := scanVertex(scope, tx.QueryRow("SELECT "+vertexColumns+` FROM lineage_group g JOIN lineage_vertex v ON v.grp = g.id
		WHERE g.account = $1 AND g.region = $2 AND v.arn = $3`, scope.Account, scope.Region, arn).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: lineage entity %s", store.ErrNotFound, arn)
	}
	if err != nil {
		return nil, fmt.Errorf("lineage: find %s: %w", arn, err)
	}
	return v, nil
}

// Drop removes the vertex with that ARN. It answers ErrAssociated while it has
// associations, which Detach removes, and store.ErrNotFound without a vertex.
func Drop(tx *store.Tx, scope aws.Scope, arn string) error {
	v, err := Find(tx, scope, arn)
	if err != nil {
		return err
	}
	var associated bool
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM lineage_association WHERE source = $1)
		OR EXISTS (SELECT 1 FROM lineage_association WHERE destination = $1)`, v.ID).Scan(&associated)
	if err != nil {
		return fmt.Errorf("lineage: drop %s: %w", arn, err)
	}
	if associated {
		return fmt.Errorf("%w: %s", ErrAssociated, arn)
	}
	if _, err := tx.Exec("DELETE FROM lineage_vertex WHERE id = $1", v.ID); err != nil {
		return fmt.Errorf("lineage: drop %s: %w", arn, err)
	}
	return nil
}

// scanVertex reads vertexColumns.
func scanVertex(scope aws.Scope, scan func(dest ...any) error) (*Vertex, error) {
	v := &Vertex{Scope: scope}
	var created, modified int64
	var properties string
	if err := scan(&v.ID, &v.Kind, &v.Type, &created, &modified, &v.Name, &v.ARN, &properties, &v.Manual); err != nil {
		return nil, err
	}
	v.CreatedAt, v.ModifiedAt = store.FromMicros(created), store.FromMicros(modified)
	if properties != "" {
		if err := json.Unmarshal([]byte(properties), &v.Properties); err != nil {
			return nil, err
		}
	}
	return v, nil
}
