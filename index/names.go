package index

import (
	"maps"
	"slices"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Properties are the names of properties that resources have, of those that want
// asks for: sorted, and limit of them at most.
func (x *Index) Properties(tx *store.Tx, r sagemaker.ResourceType, scope aws.Scope, want func(name string) bool, limit int) ([]string, error) {
	k := x.kind(r)
	if k == nil {
		return nil, nil
	}
	s, err := x.look(tx, k, scope)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{} // true when a resource has it for certain
	for _, c := range s.changed {
		for _, v := range c.doc {
			if !found[v.Property] && want(v.Property) {
				found[v.Property] = true
			}
		}
	}
	for _, g := range s.segments {
		for _, name := range g.dir.Names {
			if _, known := found[name]; !known && want(name) {
				found[name] = false
			}
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		there := found[name]
		for i := 0; i < len(s.segments) && !there; i++ {
			c, err := s.segments[i].Column(name)
			if err != nil {
				return nil, err
			}
			there = c != nil && search.Present(c, s.segments[i].live)
		}
		if there {
			if list = append(list, name); len(list) == limit {
				break
			}
		}
	}
	return list, nil
}
