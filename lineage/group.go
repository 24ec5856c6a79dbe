package lineage

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GroupName is the name of the one lineage group that an account has in a
// region (QL-10).
const GroupName = "sagemaker-default-lineage-group"

// GroupARN is the ARN of the lineage group of scope, whether it exists or not.
func GroupARN(scope aws.Scope) string {
	return aws.SageMakerARN(scope, "lineage-group", GroupName)
}

// Group is when the lineage group of scope was made, or store.ErrNotFound
// before its first entity.
func Group(tx *store.Tx, scope aws.Scope) (created time.Time, err error) {
	var us int64
	err = tx.QueryRow("SELECT created_at FROM lineage_group WHERE account = $1 AND region = $2", scope.Account, scope.Region).Scan(&us)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("%w: lineage group of %s in %s", store.ErrNotFound, scope.Account, scope.Region)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("lineage: group: %w", err)
	}
	return store.FromMicros(us), nil
}

// groupID is the number of the group of scope, or sql.ErrNoRows.
func groupID(tx *store.Tx, scope aws.Scope) (id int64, err error) {
	err = tx.QueryRow("SELECT id FROM lineage_group WHERE account = $1 AND region = $2", scope.Account, scope.Region).Scan(&id)
	return id, err
}

// ensureGroup is groupID, and makes the group that is not there.
func ensureGroup(tx *store.Tx, scope aws.Scope) (int64, error) {
	id, err := groupID(tx, scope)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = tx.Exec("INSERT INTO lineage_group (account, region, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			scope.Account, scope.Region, store.Micros(tx.Now))
		if err == nil {
			id, err = groupID(tx, scope)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("lineage: group: %w", err)
	}
	return id, nil
}
