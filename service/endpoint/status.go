package endpoint

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type status = sagemaker.EndpointStatus
type transition = kit.Transition[status, Endpoint]

const (
	creating       = sagemaker.EndpointStatusCreating
	updating       = sagemaker.EndpointStatusUpdating
	rollingBack    = sagemaker.EndpointStatusRollingBack
	systemUpdating = sagemaker.EndpointStatusSystemUpdating
	inService      = sagemaker.EndpointStatusInService
	outOfService   = sagemaker.EndpointStatusOutOfService
	deleting       = sagemaker.EndpointStatusDeleting
	failed         = sagemaker.EndpointStatusFailed

	updateRollbackFailed = sagemaker.EndpointStatusUpdateRollbackFailed
)

// The transitions of an endpoint (DescribeEndpoint-1, -2). What may be asked of an
// endpoint in which status is in may.
var (
	serve   = transition{Name: "serve", To: inService, From: []status{creating}, Apply: settled}
	fail    = transition{Name: "fail", To: failed, From: []status{creating}, Apply: settled}
	update  = transition{Name: "update", To: updating, From: []status{inService, outOfService, updateRollbackFailed}, Apply: begun}
	updated = transition{Name: "updated", To: inService, From: []status{updating}, Apply: settled}
	abandon = transition{Name: "abandon the update", To: inService, From: []status{updating}, Apply: settled}
	// Both directions failed, and a mixture serves.
	failRollback = transition{Name: "fail to roll back", To: updateRollbackFailed, From: []status{updating}, Apply: settled}
	rollBack     = transition{Name: "roll back", To: rollingBack, From: []status{updating}}
	restored     = transition{Name: "rolled back", To: inService, From: []status{rollingBack}, Apply: settled}
	lose         = transition{Name: "lose all instances", To: outOfService, From: []status{inService, systemUpdating}}
	regain       = transition{Name: "have an instance again", To: inService, From: []status{outOfService}}
	repair       = transition{Name: "restart after the machine", To: systemUpdating, From: []status{inService, outOfService}}
	repaired     = transition{Name: "restarted", To: inService, From: []status{systemUpdating}}
	remove       = transition{Name: "delete", To: deleting, From: []status{inService, outOfService, failed, updateRollbackFailed}, Apply: begun}
)

// Transitions is the whole table, for the test and the diagram in docs/.
var Transitions = []transition{serve, fail, update, updated, abandon, failRollback, rollBack, restored, lose, regain, repair, repaired, remove}

// begun forgets why the last change failed.
func begun(e *Endpoint, _ time.Time) { e.FailureReason = "" }

// settled ends a deployment.
func settled(e *Endpoint, _ time.Time) { e.Deployment = nil }
