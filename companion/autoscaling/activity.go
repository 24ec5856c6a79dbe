package autoscaling

import (
	"strconv"
	"time"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// memory is how long activities are kept.
const memory = 6 * 7 * 24 * time.Hour

func count(n int) string { return strconv.Itoa(n) }

// begin stores a new activity and answers its name. It also forgets what is too old,
// a few at a time.
func begin(tx *store.Tx, scope aws.Scope, a activity) (name string, err error) {
	old, err := activities.List(tx, scope, store.Query{CreatedBefore: tx.Now.Add(-memory), Limit: 10})
	if err != nil {
		return "", err
	}
	for _, o := range old {
		if err := activities.Delete(tx, scope, o.Name); err != nil {
			return "", err
		}
	}
	a.Started = tx.Now
	row := &store.Row[activity]{Scope: scope, Name: newID(), Parent: a.Resource.key(), Body: a}
	return row.Name, activities.Insert(tx, row)
}

// end ends an activity.
func end(tx *store.Tx, scope aws.Scope, name string, status api.ScalingActivityStatusCode, message string) error {
	row, err := activities.Get(tx, scope, name)
	if err != nil {
		return err
	}
	row.Body.Status, row.Body.Message, row.Body.Ended = status, message, &tx.Now
	return activities.Update(tx, row)
}
