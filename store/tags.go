package store

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sagebrush/sagebrush/aws"
)

// Tags are the tags of the resource with that ARN, never nil. Whether there is
// such a resource is the caller's to check.
func Tags(tx *Tx, scope aws.Scope, arn string) (map[string]string, error) {
	rows, err := tx.Query("SELECT key, value FROM tag WHERE account = $1 AND region = $2 AND arn = $3", scope.Account, scope.Region, arn)
	if err != nil {
		return nil, fmt.Errorf("store: tags of %s: %w", arn, err)
	}
	defer rows.Close()
	tags := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("store: tags of %s: %w", arn, err)
		}
		tags[key] = value
	}
	return tags, rows.Err()
}

// AddTags sets the given tags and keeps the others.
func AddTags(tx *Tx, scope aws.Scope, arn string, tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) { // one order, so that two transactions do not deadlock
		_, err := tx.Exec(`INSERT INTO tag (account, region, arn, key, value) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, region, arn, key) DO UPDATE SET value = excluded.value`,
			scope.Account, scope.Region, arn, key, tags[key])
		if err != nil {
			return fmt.Errorf("store: tag %s: %w", arn, err)
		}
	}
	return nil
}

// DeleteTags removes the tags with those keys; missing ones are no error.
func DeleteTags(tx *Tx, scope aws.Scope, arn string, keys ...string) error {
	for _, key := range keys {
		_, err := tx.Exec("DELETE FROM tag WHERE account = $1 AND region = $2 AND arn = $3 AND key = $4",
			scope.Account, scope.Region, arn, key)
		if err != nil {
			return fmt.Errorf("store: untag %s: %w", arn, err)
		}
	}
	return nil
}

// DropTags removes all tags of a resource, as its deletion must.
func DropTags(tx *Tx, scope aws.Scope, arn string) error {
	_, err := tx.Exec("DELETE FROM tag WHERE account = $1 AND region = $2 AND arn = $3", scope.Account, scope.Region, arn)
	if err != nil {
		return fmt.Errorf("store: untag %s: %w", arn, err)
	}
	return nil
}
