package kit

import (
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Kind is one kind of resource whose rows have bodies of type B: how it is named
// and how its operations refuse. The operations themselves stand in the service,
// which calls Create, Find and Remove inside its transactions.
//
//	var experiments = kit.Kind[Experiment]{
//		Table: store.NewTable[Experiment]("experiment"), Noun: "Experiment",
//		Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
//	}
type Kind[B any] struct {
	// Table holds the rows; its kind is the word before the name in ARNs, too.
	store.Table[B]
	// Noun is what refusals call it: "Experiment", "Model package group".
	Noun string
	// Taken and Missing are the codes that a name answers which is in use, and one
	// that does not exist (Err-2 to Err-5, Gen-2).
	Taken, Missing aws.Code
	// Folded says that a name is the same in any letter case. Rows are kept under
	// the name in lower case; the body keeps the name as it was given.
	Folded bool
	// QuotesARN says that the refusals of names quote the ARN and say no more, as
	// the live service does of what is hosted: clients compare the whole sentence
	//
	QuotesARN bool
	// Quota bounds how many the account may have in a region, nil for no bound.
	Quota *Quota
}

// ARN is the ARN of the resource of that name, whether it exists or not.
func (k Kind[B]) ARN(scope aws.Scope, name string) string {
	return aws.SageMakerARN(scope, k.Kind(), name)
}

// Key is the name under which the row of that name is kept.
func (k Kind[B]) Key(name string) string {
	if k.Folded {
		return strings.ToLower(name)
	}
	return name
}

// Create adds a resource with its tags. row needs Scope, Name and Body; its ARN
// is filled in. A name that is in use in any letter case is refused, because
// ARNs are printed in lower case; so are tags that break a rule, and one more
// than the quota.
func (k Kind[B]) Create(tx *store.Tx, quotas Quotas, row *store.Row[B], tags []*sagemaker.Tag) error {
	given := row.Name
	row.ARN, row.Name = k.ARN(row.Scope, given), k.Key(given)
	tagMap, err := TagMap(tags)
	if err != nil {
		return err
	}
	if !k.Folded { // otherwise the row's own name says it
		taken, err := store.HasARN(tx, row.Scope, k.Kind(), row.ARN)
		if err != nil {
			return err
		}
		if taken {
			return k.taken(given, row.ARN)
		}
	}
	if err := k.checkQuota(tx, quotas, row.Scope); err != nil {
		return err
	}
	if err := k.Insert(tx, row); errors.Is(err, store.ErrExists) {
		return k.taken(given, row.ARN)
	} else if err != nil {
		return err
	}
	return store.AddTags(tx, row.Scope, row.ARN, tagMap)
}

func (k Kind[B]) taken(name, arn string) error {
	if k.QuotesARN {
		return aws.Errorf(k.Taken, "Cannot create already existing %s %q.", strings.ToLower(k.Noun), arn)
	}
	return aws.Errorf(k.Taken, "%s names must be unique within an AWS account and region, whatever their letter case: %s with name %s already exists (%s).",
		k.Noun, k.Noun, name, arn)
}

// Find is the resource of that name or ARN. What belongs to another account or
// region does not exist here.
func (k Kind[B]) Find(tx *store.Tx, scope aws.Scope, nameOrARN string) (*store.Row[B], error) {
	if strings.ContainsRune(nameOrARN, 0) {
		return nil, k.NotFound(scope, nameOrARN) // PostgreSQL takes no such text
	}
	if !strings.HasPrefix(nameOrARN, "arn:") {
		row, err := k.Get(tx, scope, k.Key(nameOrARN))
		if errors.Is(err, store.ErrNotFound) {
			return nil, k.NotFound(scope, nameOrARN)
		}
		return row, err
	}
	a, ok := aws.ParseARN(nameOrARN)
	word, name, _ := strings.Cut(a.Resource, "/")
	if !ok || a.Service != "sagemaker" || word != k.Kind() || name == "" {
		return nil, aws.Invalid("%q is not the ARN of a resource of the kind %s (arn:aws:sagemaker:REGION:ACCOUNT:%s/NAME).", nameOrARN, k.Kind(), k.Kind())
	}
	if a.Account != scope.Account || a.Region != scope.Region {
		return nil, k.NotFound(scope, nameOrARN)
	}
	row, err := k.GetByARN(tx, scope, k.ARN(scope, name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, k.NotFound(scope, nameOrARN)
	}
	return row, err
}

// NotFound refuses a name or ARN that does not exist. Clients search the message
// for "does not exist" and for "Could not find model" and the like (Gen-3, X-4).
func (k Kind[B]) NotFound(scope aws.Scope, nameOrARN string) error {
	if k.QuotesARN {
		arn := nameOrARN
		if !strings.HasPrefix(arn, "arn:") {
			arn = k.ARN(scope, nameOrARN)
		}
		return aws.Errorf(k.Missing, "Could not find %s %q.", strings.ToLower(k.Noun), arn)
	}
	return aws.Errorf(k.Missing, "Could not find %s %q: it does not exist in account %s and region %s.", strings.ToLower(k.Noun), nameOrARN, scope.Account, scope.Region)
}

// Remove deletes a resource and its tags; the name is free again.
func (k Kind[B]) Remove(tx *store.Tx, row *store.Row[B]) error {
	if err := store.DropTags(tx, row.Scope, row.ARN); err != nil {
		return err
	}
	return k.Delete(tx, row.Scope, row.Name)
}
