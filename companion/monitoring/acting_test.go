package monitoring_test

import (
	"context"
	"slices"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/monitoring"
)

// An alarm acts while it is in ALARM, by how far its latest value is beyond the
// threshold; not when its actions are disabled, and not for others.
func TestActing(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		scope := aws.ScopeFrom(ctx)
		acting := func(action string) []monitoring.Acting {
			list, err := s.Acting(ctx, scope, action)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		for _, name := range []string{"b", "a", "off", "other", "high"} {
			in := errorsAlarm(name)
			in.AlarmActions = []string{"arn:x", "arn:mine"}
			switch name {
			case "off":
				in.ActionsEnabled = aws.Ptr(false)
			case "other":
				in.AlarmActions = []string{"arn:mine-too"}
			case "high":
				in.Threshold = aws.Ptr(100.0)
			}
			makeAlarm(t, s, ctx, in)
		}
		if list := acting("arn:mine"); len(list) != 0 {
			t.Errorf("without data: %v", list)
		}
		now := time.Now()
		put(t, s, ctx, value(now, 1), value(now, 6))
		want := []monitoring.Acting{{Name: "a", Beyond: 6}, {Name: "b", Beyond: 6}}
		if list := acting("arn:mine"); !slices.Equal(list, want) {
			t.Errorf("%v, want %v", list, want)
		}
		if _, err := s.SetAlarmState(ctx, &api.SetAlarmStateInput{AlarmName: aws.Ptr("a"), StateValue: api.StateValueOk, StateReason: aws.Ptr("because")}); err != nil {
			t.Fatal(err)
		}
		if list := acting("arn:mine"); !slices.Equal(list, want[1:]) {
			t.Errorf("%v, want %v", list, want[1:])
		}
		if list, err := s.Acting(ctx, aws.Scope{Account: "210987654321", Region: scope.Region}, "arn:mine"); err != nil || len(list) != 0 {
			t.Errorf("another account: %v, %v", list, err)
		}
	})
}
