package modelcard

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Card is what is stored of a model card.
type Card struct {
	Security *sagemaker.ModelCardSecurityConfig `json:",omitempty"`
	// Version is the latest one; they count from 1.
	Version                   int32
	Status                    sagemaker.ModelCardStatus
	CreatedBy, LastModifiedBy *sagemaker.UserContext
}

// Version is what is stored of a version: the content, and the status that the
// card had while the version was the latest.
type Version struct {
	Content                   string
	Status                    sagemaker.ModelCardStatus
	CreatedBy, LastModifiedBy *sagemaker.UserContext
}

type (
	row        = store.Row[Card]
	versionRow = store.Row[Version]
)

var cards = kit.Kind[Card]{
	Table: store.NewTable[Card]("model-card"), Noun: "Model card",
	Taken: aws.ConflictException, Missing: aws.ResourceNotFound, Quota: &kit.Quota{Name: "model-cards"},
}

// versions are the rows of versions; their parent is the card.
var versions = store.NewTable[Version]("model-card-version")

// versionName sorts as the numbers do.
func versionName(card string, version int32) string { return fmt.Sprintf("%s/%010d", card, version) }

// insertVersion writes the content as the latest version of the card, whose number
// is in the card's row already.
func insertVersion(tx *store.Tx, r *row, content string, by *sagemaker.UserContext) error {
	return versions.Insert(tx, &versionRow{
		Scope: r.Scope, Name: versionName(r.Name, r.Body.Version), ARN: r.ARN, Parent: r.Name, Status: string(r.Body.Status),
		Body: Version{Content: content, Status: r.Body.Status, CreatedBy: by, LastModifiedBy: by},
	})
}

// load is the card by name or ARN, and one of its versions, the latest unless
// given.
func load(tx *store.Tx, scope aws.Scope, nameOrARN string, number *int32) (*row, *versionRow, int32, error) {
	r, err := cards.Find(tx, scope, nameOrARN)
	if err != nil {
		return nil, nil, 0, err
	}
	n := r.Body.Version
	if number != nil {
		n = *number
	}
	v, err := versions.Get(tx, scope, versionName(r.Name, n))
	if errors.Is(err, store.ErrNotFound) || n < 1 {
		return nil, nil, 0, aws.Errorf(aws.ResourceNotFound, "Model card %s has no version %d; its latest is %d.", r.Name, n, r.Body.Version)
	}
	return r, v, n, err
}

// numberOf is the number of a version's row.
func numberOf(v *versionRow) *int32 {
	n, err := strconv.ParseInt(v.Name[strings.LastIndexByte(v.Name, '/')+1:], 10, 32)
	if err != nil {
		panic(err) // versionName made it
	}
	return aws.Ptr(int32(n))
}
