package lineage

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ManualVertices counts the vertices of a kind that users made in scope.
func ManualVertices(tx *store.Tx, scope aws.Scope, kind Kind) (int, error) {
	return count(tx, scope, "lineage_vertex WHERE grp = $1 AND manual AND kind = $2", string(kind))
}

// ManualAssociations counts the associations that users added in scope.
func ManualAssociations(tx *store.Tx, scope aws.Scope) (int, error) {
	return count(tx, scope, "lineage_association WHERE grp = $1 AND manual")
}

// count counts the rows of from, whose $1 is the group of scope.
func count(tx *store.Tx, scope aws.Scope, from string, args ...any) (n int, err error) {
	group, err := groupID(tx, scope)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		err = tx.QueryRow("SELECT count(*) FROM "+from, append([]any{group}, args...)...).Scan(&n)
	}
	if err != nil {
		return 0, fmt.Errorf("lineage: count: %w", err)
	}
	return n, nil
}
