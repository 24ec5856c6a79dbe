package autoscaling

import (
	"context"
	"slices"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// maxPage is the size of a page, at most and by default.
const maxPage = 50

// filters are what all Describe operations choose by.
type filters struct {
	namespace api.ServiceNamespace
	resource  *string
	dimension api.ScalableDimension
	max       **int32
	token     *string
}

// page reads a page of rows of a list; the request's own filters are the list's.
func page[In, B any](ctx context.Context, s *Service, l kit.List[In, B], in *In, f filters) ([]*store.Row[B], *string, error) {
	if err := checkNamespace(f.namespace); err != nil {
		return nil, nil, err
	}
	if f.dimension != "" && f.resource == nil {
		return nil, nil, aws.Invalid("A scalable dimension needs a resource ID: give both or neither.")
	}
	switch n := *f.max; {
	case n == nil:
		*f.max = aws.Ptr[int32](maxPage)
	case *n < 1 || *n > maxPage:
		return nil, nil, aws.Invalid("MaxResults is %d, and must be from 1 to %d.", *n, maxPage)
	}
	rows, token, err := l.Page(ctx, s.Base, in)
	if err != nil && f.token != nil && aws.CodeOf(err) == aws.ValidationException {
		err = aws.Errorf(aws.InvalidNextTokenException, "The NextToken is not one that this operation answered to the same request.")
	}
	return rows, token, err
}

// matches says whether a resource is one that a request asks for.
func (r resource) matches(id *string, d api.ScalableDimension) bool {
	return (id == nil || r.ID == *id) && (d == "" || r.Dimension == d)
}

// among says whether a name is in a list of them; an empty list has all.
func among(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }
