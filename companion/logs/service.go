package logs

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// Limits of one answer.
const (
	maxEvents   = 10_000
	maxBytes    = 1 << 20
	maxDescribe = 50
)

// Service implements the operations.
type Service struct {
	db      *store.DB
	catalog *logstream.Catalog
}

// New reads the streams that the catalog knows.
func New(db *store.DB, catalog *logstream.Catalog) *Service {
	return &Service{db: db, catalog: catalog}
}

// invalid refuses a parameter.
func invalid(format string, args ...any) error {
	return aws.Errorf(aws.InvalidParameterException, format, args...)
}

// errNoGroup and errNoStream are worded as clients know them.
func errNoGroup() error {
	return aws.Errorf(aws.ResourceNotFoundException, "The specified log group does not exist.")
}

func errNoStream() error {
	return aws.Errorf(aws.ResourceNotFoundException, "The specified log stream does not exist.")
}

// group is the log group of a request that names it by logGroupName or by
// logGroupIdentifier, a name or an ARN.
func group(s aws.Scope, name, identifier *string) (string, error) {
	switch {
	case name != nil && identifier != nil:
		return "", invalid("logGroupName and logGroupIdentifier cannot both be given: remove one of them.")
	case name != nil:
		return *name, nil
	case identifier == nil:
		return "", invalid("A log group is required: give logGroupName or logGroupIdentifier.")
	}
	arn, ok := aws.ParseARN(*identifier)
	if !ok {
		return *identifier, nil
	}
	rest, ok := strings.CutPrefix(arn.Resource, "log-group:")
	if !ok || arn.Service != "logs" {
		return "", invalid("logGroupIdentifier %q is neither the name nor the ARN of a log group.", *identifier)
	}
	if arn.Account != s.Account || arn.Region != s.Region {
		return "", errNoGroup() // other accounts and regions are not visible from here
	}
	return strings.TrimSuffix(rest, ":*"), nil
}

// view reads the catalog for a group that must exist.
func (s *Service) view(ctx context.Context, scope aws.Scope, group string, fn func(tx *store.Tx) error) error {
	return s.db.View(ctx, func(tx *store.Tx) error {
		ok, err := s.catalog.HasGroup(tx, scope, group)
		if err != nil {
			return err
		}
		if !ok {
			return errNoGroup()
		}
		return fn(tx)
	})
}

// groupARN and streamARN name the resources.
func groupARN(s aws.Scope, group string) string {
	return aws.ARN{Partition: aws.Partition(s.Region), Service: "logs", Region: s.Region, Account: s.Account,
		Resource: "log-group:" + group + ":*"}.String()
}

func streamARN(s aws.Scope, group, stream string) string {
	return strings.TrimSuffix(groupARN(s, group), "*") + "log-stream:" + stream
}

// bound is a request's limit, or most when it has none.
func bound(limit *int32, most int) int {
	if n := int(aws.Val(limit)); n > 0 && n < most {
		return n
	}
	return most
}
