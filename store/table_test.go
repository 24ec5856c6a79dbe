package store_test

import (
	"errors"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

type body struct{ Value, Note string }

var scope = aws.Scope{Account: "123456789012", Region: "us-east-1"}

func TestTableRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		jobs := store.NewTable[body]("job")
		row := &store.Row[body]{Scope: scope, Name: "a", Status: "InProgress", Body: body{"v", "é\u0000\"<>"}}
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { return jobs.Insert(tx, row) }))
		err := db.Update(t.Context(), func(tx *store.Tx) error { return jobs.Insert(tx, &store.Row[body]{Scope: scope, Name: "a"}) })
		if !errors.Is(err, store.ErrExists) {
			t.Fatalf("second insert: %v", err)
		}
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			got, err := jobs.Get(tx, scope, "a")
			if err != nil {
				return err
			}
			if *got != *row {
				t.Errorf("got %+v, want %+v", got, row)
			}
			return nil
		}))
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
