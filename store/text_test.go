package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// A NUL character in what becomes a column is a ValidationException, the same on
// both databases, wherever it comes in; what was done before it is not undone.
// TestTableRoundTrip shows that a body keeps one.
func TestNUL(t *testing.T) {
	t.Parallel()
	const nul = "a\x00b"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, try := range map[string]func(tx *store.Tx) error{
			"name": func(tx *store.Tx) error { return counter.Insert(tx, &store.Row[int]{Scope: scope, Name: nul}) },
			"ARN": func(tx *store.Tx) error {
				return counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "x", ARN: nul})
			},
			"parent": func(tx *store.Tx) error {
				return counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "x", Parent: nul})
			},
			"tag": func(tx *store.Tx) error { return store.AddTags(tx, scope, "arn", map[string]string{"k": nul}) },
			"key": func(tx *store.Tx) error { return store.AddTags(tx, scope, "arn", map[string]string{nul: "v"}) },
			"get": func(tx *store.Tx) error { _, err := counter.Get(tx, scope, nul); return err },
			"list": func(tx *store.Tx) error {
				_, err := counter.List(tx, scope, store.Query{NameContains: nul, Limit: 1})
				return err
			},
			"many": func(tx *store.Tx) error {
				_, err := counter.GetByARNs(tx, scope, []string{"x/y", "x/" + nul})
				return err
			},
			"pointer": func(tx *store.Tx) error {
				return tx.QueryRow("SELECT name FROM resource WHERE name = $1", aws.Ptr(nul)).Scan(new(string))
			},
			"long": func(tx *store.Tx) error {
				_, err := tx.Query("SELECT 1 WHERE $1 = $2", "x", strings.Repeat("é", 5000)+nul)
				return err
			},
		} {
			err := db.Update(t.Context(), try)
			if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "NUL character") || len(err.Error()) > 600 {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { // one who knows what to do instead goes on
			if err := counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "kept"}); err != nil {
				return err
			}
			if _, err := counter.Get(tx, scope, nul); aws.CodeOf(err) != aws.ValidationException {
				t.Errorf("get: %v", err)
			}
			return nil
		}))
		if n := readCounter(t, db, "kept"); n != 0 {
			t.Errorf("kept is %d", n)
		}
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			if err := tx.QueryRow("SELECT name FROM resource WHERE name = $1", "none").Scan(new(string)); err != sql.ErrNoRows {
				t.Errorf("no row: %v", err)
			}
			return nil
		}))
	})
}
