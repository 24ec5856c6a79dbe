package store_test

import (
	"errors"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// An ARN prints the name in lower case; the row is found whatever its case, in
// its own scope and kind alone.
func TestGetByARN(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		things := store.NewTable[int]("thing")
		others := store.NewTable[int]("other")
		must(t, db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(
				things.Insert(tx, &store.Row[int]{Scope: scope, Name: "Mixed", ARN: "arn:x:thing/mixed", Body: 1}),
				things.Insert(tx, &store.Row[int]{Scope: scope, Name: "plain", ARN: "arn:x:thing/plain", Body: 2}),
				others.Insert(tx, &store.Row[int]{Scope: scope, Name: "another", ARN: "arn:x:other/another", Body: 3}))
		}))
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			for arn, want := range map[string]int{"arn:x:thing/mixed": 1, "arn:x:thing/plain": 2} {
				if row, err := things.GetByARN(tx, scope, arn); err != nil || row.Body != want {
					t.Errorf("%s: %+v, %v", arn, row, err)
				}
			}
			rows, err := things.GetByARNs(tx, scope, []string{"arn:x:thing/mixed", "arn:x:thing/plain", "arn:x:thing/plain", "arn:y:thing/plain", "arn:x:thing/nope", "arn:x:other/another", ""})
			if err != nil || len(rows) != 2 || rows["arn:x:thing/mixed"].Body != 1 || rows["arn:x:thing/plain"].Body != 2 {
				t.Errorf("several at once: %+v, %v", rows, err)
			}
			if rows, err := things.GetByARNs(tx, scope, nil); err != nil || len(rows) != 0 {
				t.Errorf("none: %+v, %v", rows, err)
			}
			elsewhere := aws.Scope{Account: "210987654321", Region: scope.Region}
			for _, err := range []error{
				second(things.GetByARN(tx, scope, "arn:x:thing/nope")), second(things.GetByARN(tx, scope, "arn:y:thing/plain")),
				second(things.GetByARN(tx, scope, "")), second(things.GetByARN(tx, elsewhere, "arn:x:thing/plain")),
				second(things.GetByARN(tx, scope, "arn:x:other/another")),
			} {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("got %v", err)
				}
			}
			return nil
		}))
	})
}

func second(_ *store.Row[int], err error) error { return err }
