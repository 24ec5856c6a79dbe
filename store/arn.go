package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// HasARN says whether the scope holds a resource with that ARN. ARNs print
// names in lower case while names keep their case, so the name in the ARN is
// only a first guess.
func HasARN(tx *Tx, scope aws.Scope, kind, arn string) (bool, error) {
	name := nameIn(arn)
	var found string
	err := tx.QueryRow("SELECT arn FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4",
		kind, scope.Account, scope.Region, name).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) || err == nil && found != arn {
		err = tx.QueryRow("SELECT arn FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND name <> lower(name) AND arn = $4 LIMIT 1",
			kind, scope.Account, scope.Region, arn).Scan(&found)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("store: find %s: %w", arn, err)
	}
	return found == arn, nil
}

// GetByARN is the row with that ARN, or ErrNotFound. ARNs print names in lower
// case while names keep their case, so the name in the ARN is only a first guess.
func (t Table[T]) GetByARN(tx *Tx, scope aws.Scope, arn string) (*Row[T], error) {
	name := nameIn(arn)
	row, err := t.Get(tx, scope, name)
	if err == nil && row.ARN == arn || err != nil && !errors.Is(err, ErrNotFound) {
		return row, err
	}
	err = tx.QueryRow("SELECT name FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND name <> lower(name) AND arn = $4 LIMIT 1",
		t.kind, scope.Account, scope.Region, arn).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, arn)
	} else if err != nil {
		return nil, fmt.Errorf("store: find %s: %w", arn, err)
	}
	return t.Get(tx, scope, name)
}

// GetByARNs are the rows with those ARNs, by ARN, in two statements however many
// they are; those that do not exist are left out.
func (t Table[T]) GetByARNs(tx *Tx, scope aws.Scope, arns []string) (map[string]*Row[T], error) {
	found := make(map[string]*Row[T], len(arns))
	names, wanted := make([]string, len(arns)), make(map[string]bool, len(arns))
	for i, arn := range arns {
		names[i], wanted[arn] = nameIn(arn), true
	}
	read := func(condition string, values []string) error {
		if len(values) == 0 {
			return nil
		}
		b := statement{args: []any{t.kind, scope.Account, scope.Region}}
		places := make([]string, len(values))
		for i, v := range values {
			places[i] = b.arg(v)
		}
		rows, err := tx.Query("SELECT "+rowColumns+" FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND "+
			condition+" IN ("+strings.Join(places, ", ")+")", b.args...)
		if err != nil {
			return fmt.Errorf("store: find %s: %w", t.kind, err)
		}
		defer rows.Close()
		for rows.Next() {
			row, _, err := scanRow[T](scope, rows.Scan)
			if err != nil {
				return fmt.Errorf("store: find %s: %w", t.kind, err)
			}
			if wanted[row.ARN] {
				found[row.ARN] = row
			}
		}
		return rows.Err()
	}
	if err := read("name", names); err != nil {
		return nil, err
	}
	var missing []string
	for _, arn := range arns {
		if found[arn] == nil {
			missing = append(missing, arn)
		}
	}
	return found, read("name <> lower(name) AND arn", missing)
}

// nameIn is the name in an ARN: what follows the kind, slashes included.
func nameIn(arn string) string {
	_, name, _ := strings.Cut(arn, "/")
	return name
}
