package endpoint

import (
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Lineage notes what endpoints were deployed from.
type Lineage interface {
	// RecordEndpoint adds a deployment to the lineage graph (QL-9).
	RecordEndpoint(tx *store.Tx, scope aws.Scope, e lineage.Endpoint) error
}

// recordLineage notes a fleet once it serves: what it was deployed from had no part in
// anything before.
func (s *Service) recordLineage(tx *store.Tx, r *row) error {
	e := &r.Body
	if s.Lineage == nil || e.Status != inService || e.Fleet == nil || e.Recorded == e.Fleet.Generation {
		return nil
	}
	e.Recorded = e.Fleet.Generation
	made := lineage.Endpoint{ARN: r.ARN, Name: r.Name, CreatedAt: r.CreatedAt, Status: "Completed"}
	seen := map[string]bool{}
	add := func(uri, kind string) {
		if uri != "" && !seen[uri] {
			seen[uri] = true
			made.Contributions = append(made.Contributions, lineage.Data{URI: uri, Type: kind})
		}
	}
	for _, v := range e.Fleet.Variants {
		for _, c := range v.Model.Containers {
			add(c.Image, lineage.TypeImage)
			add(c.Package, lineage.TypeModel)
			if c.Data != nil {
				add(c.Data.URI, lineage.TypeModel)
			}
		}
	}
	return s.Lineage.RecordEndpoint(tx, r.Scope, made)
}
