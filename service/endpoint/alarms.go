package endpoint

import (
	"context"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Alarms knows the CloudWatch alarms that watch over deployments (Deploy-3).
type Alarms interface {
	// InAlarm is the first of these alarms that is in ALARM now, "" for none.
	InAlarm(ctx context.Context, scope aws.Scope, names []string) (string, error)
	// Missing are those of them that do not exist.
	Missing(ctx context.Context, scope aws.Scope, names []string) ([]string, error)
}

// checkDeployment refuses a DeploymentConfig that contradicts itself, or whose
// alarms do not exist (Deploy-1 … Deploy-3).
func (s *Service) checkDeployment(ctx context.Context, scope aws.Scope, c *sagemaker.DeploymentConfig) error {
	if err := traffic.Check(c); err != nil {
		return err
	}
	names := alarmsOf(c)
	if len(names) == 0 {
		return nil
	}
	if s.Alarms == nil {
		return aws.Invalid("AutoRollbackConfiguration has alarms, and this server has none.")
	}
	missing, err := s.Alarms.Missing(ctx, scope, names)
	if err == nil && len(missing) > 0 {
		err = aws.Invalid("AutoRollbackConfiguration names alarms that do not exist: %s. Make them with PutMetricAlarm first.", strings.Join(missing, ", "))
	}
	return err
}

// alarmsOf are the names of the alarms that lead back.
func alarmsOf(c *sagemaker.DeploymentConfig) (names []string) {
	if c == nil || c.AutoRollbackConfiguration == nil {
		return nil
	}
	for _, a := range c.AutoRollbackConfiguration.Alarms {
		if a.AlarmName != nil {
			names = append(names, *a.AlarmName)
		}
	}
	return names
}

// deploymentCheck is how often a deployment's times and alarms are looked at.
const deploymentCheck = 250 * time.Millisecond

// alarm is one that is in ALARM and watches over a deployment, "" for none.
func (m *manager) alarm(ctx context.Context, c *sagemaker.DeploymentConfig) string {
	names := alarmsOf(c)
	if len(names) == 0 || m.s.Alarms == nil {
		return ""
	}
	alarm, err := m.s.Alarms.InAlarm(ctx, m.w.scope(), names)
	if err != nil {
		m.logger.Warn("the alarms of a deployment could not be read", "error", err)
	}
	return alarm
}
