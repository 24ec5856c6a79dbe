package kit

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// MaxTags is how many tags a resource has at most.
const MaxTags = 50

// TagMap checks a request's tags and makes a map of them: keys are unique
// (X-11, Common-1) and the prefix aws: is reserved.
func TagMap(tags []*sagemaker.Tag) (map[string]string, error) {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		key := *t.Key
		if _, twice := m[key]; twice {
			return nil, aws.Invalid("The tag key %q occurs more than once. Tag keys must be unique.", key)
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, aws.Invalid("The tag key %q starts with aws:, a prefix that is reserved.", key)
		}
		m[key] = *t.Value
	}
	return m, nil
}

// TagList is the tags in an answer, by key.
func TagList(m map[string]string) []*sagemaker.Tag {
	tags := make([]*sagemaker.Tag, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, &sagemaker.Tag{Key: aws.Ptr(key), Value: aws.Ptr(m[key])})
	}
	return tags
}
