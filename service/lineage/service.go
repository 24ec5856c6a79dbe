// Package lineage is the lineage API: artifacts, actions and contexts, the
// associations between them and the trial components of jobs, and the queries
// that walk from one to others. The graph itself is kept by package
// sagebrush/lineage, which is called graph here.
//
//	create_*.go, describe_*.go, update_*.go, delete_*.go, list_*.go,
//	add_association.go, query_lineage.go, …   the operations, one a file
//	entity.go, artifact.go, action.go, context.go   what is stored
//	record_*.go   entities that appear by themselves, for the other services
//
// Every artifact, action and context is a row of its kind and a vertex of the
// graph, put, changed and removed together. The vertex, whose ARN is unique, says
// whether a name is taken.
//
// Rules: AddAssociation-1 … AddAssociation-6, Assoc-1 … Assoc-3, QL-1 … QL-11,
// Co-5, Co-6, Co-7, Co-17.
package lineage

import "github.com/sagebrush/sagebrush/kit"

// Service implements the operations. It also takes what other services report of
// their resources (the methods Record…), inside their transactions.
type Service struct{ kit.Base }

// What an account may have that users made; what appears by itself is not
// counted (Assoc-3).
var (
	artifactQuota    = kit.Quota{Name: "artifacts", Default: 6000}
	actionQuota      = kit.Quota{Name: "actions", Default: 3000}
	contextQuota     = kit.Quota{Name: "contexts", Default: 500}
	associationQuota = kit.Quota{Name: "associations", Default: 6000}
)
