package kit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

type thing struct{ Colour string }

var (
	things = kit.Kind[thing]{
		Table: store.NewTable[thing]("experiment"), Noun: "Experiment",
		Taken: aws.ResourceInUse, Missing: aws.ResourceNotFound, Quota: &kit.Quota{Name: "experiments", Default: 500},
	}
	home = aws.Scope{Account: "123456789012", Region: "us-east-1"}
)

func create(t *testing.T, db *store.DB, scope aws.Scope, name, colour string, quotas kit.Quotas, tags ...*sagemaker.Tag) error {
	t.Helper()
	return db.Update(t.Context(), func(tx *store.Tx) error {
		return things.Create(tx, quotas, &store.Row[thing]{Scope: scope, Name: name, Body: thing{colour}}, tags)
	})
}

// Err-2 to Err-6, Common-1, Gen-2, Gen-3: names are taken whatever their case,
// strangers' resources do not exist, a quota refuses, and what was removed is
// gone with its tags.
func TestKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := create(t, db, home, "One", "red", nil, &sagemaker.Tag{Key: aws.Ptr("k"), Value: aws.Ptr("v")}); err != nil {
			t.Fatal(err)
		}
		if err := create(t, db, home, "oNE", "red", nil); aws.CodeOf(err) != aws.ResourceInUse || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("the same name in another case: %v", err)
		}
		twice := []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("1")}, {Key: aws.Ptr("k"), Value: aws.Ptr("2")}}
		if err := create(t, db, home, "two", "", nil, twice...); aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("a tag twice: %v", err)
		}
		err := create(t, db, home, "two", "", kit.Quotas{"experiments": 1})
		if aws.CodeOf(err) != aws.ResourceLimitExceeded || !strings.Contains(err.Error(), "--quota experiments=N") {
			t.Errorf("above the quota: %v", err)
		}
		if err := create(t, db, home, "two", "", kit.Quotas{"experiments": 0}); err != nil {
			t.Errorf("0 is no limit: %v", err)
		}
		other := aws.Scope{Account: home.Account, Region: "eu-west-1"}
		find := func(scope aws.Scope, name string) (row *store.Row[thing], err error) {
			return row, errors.Join(err, db.View(t.Context(), func(tx *store.Tx) (e error) { row, e = things.Find(tx, scope, name); return e }))
		}
		for _, name := range []string{"One", things.ARN(home, "One"), strings.Replace(things.ARN(home, "One"), "one", "ONE", 1)} {
			if row, err := find(home, name); err != nil || row.Name != "One" {
				t.Errorf("find %s: %v, %v", name, row, err)
			}
		}
		for name, code := range map[string]aws.Code{
			"three": aws.ResourceNotFound, things.ARN(home, "three"): aws.ResourceNotFound, things.ARN(other, "one"): aws.ResourceNotFound,
			"arn:nonsense": aws.ValidationException, aws.SageMakerARN(home, "model", "one"): aws.ValidationException,
		} {
			if _, err := find(home, name); aws.CodeOf(err) != code {
				t.Errorf("find %s: %v, want %s", name, err, code)
			}
		}
		if _, err := find(other, "One"); aws.CodeOf(err) != aws.ResourceNotFound || !strings.Contains(err.Error(), "Could not find") {
			t.Errorf("another region finds it: %v", err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			row, err := things.Find(tx, home, "One")
			if err != nil {
				return err
			}
			if err := things.Remove(tx, row); err != nil {
				return err
			}
			if tags, err := store.Tags(tx, home, row.ARN); err != nil || len(tags) != 0 {
				return fmt.Errorf("tags left over: %v, %v", tags, err)
			}
			return things.Create(tx, nil, &store.Row[thing]{Scope: home, Name: "ONE"}, nil)
		})
		if err != nil {
			t.Errorf("remove and make again: %v", err)
		}
	})
}

// what is hosted is refused in the live service's very words.
func TestKindQuotesARN(t *testing.T) {
	t.Parallel()
	quoting := things
	quoting.QuotesARN, quoting.Noun = true, "Endpoint configuration"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		make := func(name string) error {
			return db.Update(t.Context(), func(tx *store.Tx) error {
				return quoting.Create(tx, nil, &store.Row[thing]{Scope: home, Name: name}, nil)
			})
		}
		if err := make("Mine"); err != nil {
			t.Fatal(err)
		}
		if err := make("mine"); err == nil || err.Error() != `ResourceInUse: Cannot create already existing endpoint configuration "`+quoting.ARN(home, "mine")+`".` {
			t.Errorf("%v", err)
		}
		for _, name := range []string{"none", quoting.ARN(home, "none")} {
			if err := quoting.NotFound(home, name); err.Error() != `ResourceNotFound: Could not find endpoint configuration "`+quoting.ARN(home, "none")+`".` {
				t.Errorf("%v", err)
			}
		}
	})
}

// Co-8: a kind whose names are the same in any letter case is found by any
// spelling of the name or the ARN, and keeps the name as it was given in the body.
func TestFoldedKind(t *testing.T) {
	t.Parallel()
	folded := things
	folded.Folded, folded.Quota = true, nil
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return folded.Create(tx, nil, &store.Row[thing]{Scope: home, Name: "Mixed-Case", Body: thing{"Mixed-Case"}}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			return folded.Create(tx, nil, &store.Row[thing]{Scope: home, Name: "mixed-CASE"}, nil)
		})
		if aws.CodeOf(err) != aws.ResourceInUse || !strings.Contains(err.Error(), "mixed-CASE already exists") {
			t.Errorf("the same name in another case: %v", err)
		}
		for _, name := range []string{"Mixed-Case", "mixed-case", "MIXED-CASE", folded.ARN(home, "MIXED-case"), strings.Replace(folded.ARN(home, "mixed-case"), "mixed", "Mixed", 1)} {
			err := db.View(t.Context(), func(tx *store.Tx) error {
				row, err := folded.Find(tx, home, name)
				if err == nil && (row.Name != "mixed-case" || row.Body.Colour != "Mixed-Case") {
					t.Errorf("find %s: %+v", name, row)
				}
				return err
			})
			if err != nil {
				t.Errorf("find %s: %v", name, err)
			}
		}
	})
}

// Co-2, CreateModelPackage-10: the same token answers the same ARN, once; with
// another request it is a conflict; after a day it is new again.
func TestOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		once := func(token *string, request string) (arn string, err error) {
			err = db.Update(t.Context(), func(tx *store.Tx) (e error) {
				arn, e = kit.Once(tx, home, "CreateThing", token, request, func() (string, error) {
					row := &store.Row[thing]{Scope: home, Name: fmt.Sprint("t", tx.Now.UnixNano())}
					return things.ARN(home, row.Name), things.Create(tx, nil, row, nil)
				})
				return e
			})
			return arn, err
		}
		token := aws.Ptr("token")
		var arns [8]string
		var group sync.WaitGroup
		for i := range arns {
			group.Go(func() {
				arn, err := once(token, "a")
				if err != nil {
					t.Error(err)
				}
				arns[i] = arn
			})
		}
		group.Wait()
		if slices.ContainsFunc(arns[:], func(a string) bool { return a == "" || a != arns[0] }) {
			t.Errorf("ARNs of one token: %v", arns)
		}
		if _, err := once(token, "b"); aws.CodeOf(err) != aws.ConflictException {
			t.Errorf("another request: %v", err)
		}
		if second, err := once(nil, "a"); err != nil || second == arns[0] {
			t.Errorf("without a token: %s, %v", second, err)
		}
	})
}
