package store

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/sagebrush/sagebrush/aws"
)

// searched is which kinds of resource have a search index, and whom to tell.
type searched struct {
	kinds   map[string]bool
	changed func()
}

// SetSearched names the kinds whose changes are marked for the search index
// (package index), in the transaction that makes them. changed is called after
// the commit of each, and must not wait. Call it before anything is written.
func (db *DB) SetSearched(kinds []string, changed func()) {
	s := &searched{kinds: make(map[string]bool, len(kinds)), changed: changed}
	for _, kind := range kinds {
		s.kinds[kind] = true
	}
	db.searched.Store(s)
}

// MarkChanged says that Search shows the resource of that name differently after
// this transaction. Insert, Update and Delete of a Table do so by themselves;
// it is for what a record shows besides its own row. Kinds that are not searched
// cost nothing.
func MarkChanged(tx *Tx, kind string, scope aws.Scope, name string) error {
	s := tx.searched
	if s == nil || !s.kinds[kind] {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO search_changed (kind, account, region, name, stamp) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, account, region, name) DO UPDATE SET stamp = excluded.stamp`,
		kind, scope.Account, scope.Region, name, rand.Int64())
	if err != nil {
		return fmt.Errorf("store: mark %s %s: %w", kind, name, err)
	}
	if !tx.marked {
		tx.marked = true
		tx.OnCommit(s.changed)
	}
	return nil
}

// MarkChangedARN is MarkChanged for the resource with that ARN, if there is one.
func MarkChangedARN(tx *Tx, kind string, scope aws.Scope, arn string) error {
	if s := tx.searched; s == nil || !s.kinds[kind] {
		return nil
	}
	var name string
	err := tx.QueryRow("SELECT name FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4 AND arn = $5",
		kind, scope.Account, scope.Region, nameIn(arn), arn).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) { // ARNs print names in lower case
		err = tx.QueryRow("SELECT name FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND arn = $4 LIMIT 1",
			kind, scope.Account, scope.Region, arn).Scan(&name)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("store: find %s: %w", arn, err)
	}
	return MarkChanged(tx, kind, scope, name)
}

// Elements is the SQL of a table with one column, value, that holds the elements
// of the JSON list in the parameter, such as $4; value ->> 0 is the first member
// of an element that is a list itself.
func (tx *Tx) Elements(parameter string) string {
	if tx.dialect == postgresDialect {
		return "json_array_elements(CAST(" + parameter + " AS json))"
	}
	return "json_each(" + parameter + ")"
}
