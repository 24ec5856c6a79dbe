package lineage

import (
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// groupDescription is what the group of every account says of itself.
const groupDescription = "The lineage group of this account and region. Every lineage entity belongs to it."

// findGroup is when the group of that name or ARN was made. There is one, and it
// is made by the first entity (QL-10).
func findGroup(tx *store.Tx, scope aws.Scope, nameOrARN string) (time.Time, error) {
	created, err := graph.Group(tx, scope)
	known := nameOrARN == graph.GroupName || nameOrARN == graph.GroupARN(scope)
	if errors.Is(err, store.ErrNotFound) || err == nil && !known {
		return time.Time{}, aws.Errorf(aws.ResourceNotFound,
			"The lineage group %s does not exist in account %s and region %s. The only one is %s, from the first lineage entity on.",
			nameOrARN, scope.Account, scope.Region, graph.GroupName)
	}
	return created, err
}
