// Package tagging is AddTags, ListTags and DeleteTags, for every resource that
// has an ARN. A resource that takes tags at creation calls kit.TagMap and
// store.AddTags itself; nothing here knows the kinds of resource.
//
// Rules: Common-1, X-11.
package tagging

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Service implements the tag operations.
type Service struct {
	kit.Base
	// Owner is the ARN of the resource whose tags the resource with that ARN goes
	// by: itself, or what it belongs to. Nil means itself.
	Owner func(arn string) string
}

// owner is Owner with its default.
func (s *Service) owner(arn string) string {
	if s.Owner == nil {
		return arn
	}
	return s.Owner(arn)
}

// find checks that the ARN names a resource of the caller's own scope, and answers
// its kind.
func find(tx *store.Tx, scope aws.Scope, arn string) (kind string, err error) {
	a, ok := aws.ParseARN(arn)
	kind, name, named := strings.Cut(a.Resource, "/")
	if !ok || !named || name == "" || a.Service != "sagemaker" {
		return "", aws.Invalid("%q is not the ARN of a SageMaker resource.", arn)
	}
	if a.Account == scope.Account && a.Region == scope.Region {
		found, err := store.HasARN(tx, scope, kind, arn)
		if err != nil || found {
			return kind, err
		}
	}
	return "", aws.Invalid("Could not find the resource %q in this account and region.", arn)
}

// change does what do does to the tags of a resource, in one transaction, and lets
// Search see the new ones at once (Co-17). A resource that goes by another one's
// tags is refused.
func (s *Service) change(ctx context.Context, arn string, do func(tx *store.Tx, scope aws.Scope) error) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		kind, err := find(tx, scope, arn)
		if err != nil {
			return err
		}
		if owner := s.owner(arn); owner != arn {
			return aws.Invalid("The resource %q goes by the tags of %s. Change the tags there.", arn, owner)
		}
		if err := do(tx, scope); err != nil {
			return err
		}
		return store.MarkChangedARN(tx, kind, scope, arn)
	})
}
