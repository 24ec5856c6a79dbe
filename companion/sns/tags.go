package sns

import (
	"net/http"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxTags bounds the tags of a topic.
const maxTags = 50

// tagMap are tags by key.
func tagMap(list []*api.Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range list {
		if _, twice := out[aws.Val(t.Key)]; twice {
			return nil, invalid("Tags Reason: the key %q is there twice.", aws.Val(t.Key))
		}
		out[aws.Val(t.Key)] = aws.Val(t.Value)
	}
	if len(out) > maxTags {
		return nil, tooManyTags()
	}
	return out, nil
}

func tooManyTags() error {
	return aws.Errorf(tagLimitExceeded, "Could not complete request: tag quota of per resource exceeded, which is %d.", maxTags)
}

// tagged finds a topic for the operations of tags, which have a code of their own.
func tagged(tx *store.Tx, scope aws.Scope, arn string) (*store.Row[topic], error) {
	r, err := findTopic(tx, scope, arn)
	if aws.CodeOf(err) == notFound {
		e := aws.Errorf(resourceNotFound, "Resource does not exist: %s.", arn)
		e.Status = http.StatusNotFound
		return nil, e
	}
	return r, err
}
