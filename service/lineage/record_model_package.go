package lineage

import (
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// RecordModelPackage notes a model package: an artifact, to which its images,
// model data and algorithms contributed, associated with the context of its
// group, and the approval that it starts with (QL-9).
func (s *Service) RecordModelPackage(tx *store.Tx, scope aws.Scope, p graph.ModelPackage) error {
	v, err := ensureArtifact(tx, scope, graph.Data{URI: p.ARN, Type: graph.TypeModel})
	if err != nil {
		return err
	}
	if err := contribute(tx, scope, p.Contributions, v); err != nil {
		return err
	}
	if p.GroupARN != "" {
		group, err := ensure(tx, contexts, newContext(scope, named("%s-aws-model-group", p.GroupName), graph.TypeModelGroup, p.GroupARN))
		if err != nil {
			return err
		}
		if err := graph.Ensure(tx, graph.Association{Source: v, Destination: group, Type: graph.AssociatedWith}); err != nil {
			return err
		}
	}
	if p.Approval == "" {
		return nil
	}
	return s.RecordApproval(tx, scope, graph.Approval{PackageARN: p.ARN, Name: p.Name, GroupName: p.GroupName, Version: p.Version, Status: p.Approval})
}

// RecordApproval notes that a package got an approval status: an action that
// contributed to the package (QL-9). Its name is the live service's.
func (s *Service) RecordApproval(tx *store.Tx, scope aws.Scope, a graph.Approval) error {
	v, err := ensureArtifact(tx, scope, graph.Data{URI: a.PackageARN, Type: graph.TypeModel})
	if err != nil {
		return err
	}
	name := named("%s-%s-%d-aws-model-package", a.Name, a.Status, tx.Now.UnixMilli())
	if a.GroupName != "" {
		name = named("%s-%d-%s-%d-aws-model-group", a.GroupName, a.Version, a.Status, tx.Now.UnixMilli())
	}
	row := newAction(scope, strings.ReplaceAll(name, "/", "-"), graph.TypeApproval, a.PackageARN, actionStatus)
	row.Body.Properties = map[string]string{"ModelApprovalStatus": a.Status}
	action, err := ensure(tx, actions, row)
	if err != nil {
		return err
	}
	return graph.Ensure(tx, graph.Association{Source: action, Destination: v, Type: graph.ContributedTo})
}
