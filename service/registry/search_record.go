package registry

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable are the kinds that Search finds.
func (s *Service) Searchable() []kit.Searchable {
	return []kit.Searchable{
		kit.NewSearchable(sagemaker.ResourceTypeModelPackage, packages.Kind(), packages.Get, packageRecord),
		kit.NewSearchable(sagemaker.ResourceTypeModelPackageGroup, groups.Kind(), groups.Get, groupRecord),
	}
}

// packageRecord is a package as Search shows it. A version shows no tags: those of
// its group are the group's (CreateModelPackage-3).
func packageRecord(_ *store.Tx, r *row, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	p := show(r)
	p.Tags = tags
	return &sagemaker.SearchRecord{ModelPackage: p}, nil
}

// groupRecord is a group as Search shows it.
func groupRecord(_ *store.Tx, g *groupRow, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	return &sagemaker.SearchRecord{ModelPackageGroup: &sagemaker.ModelPackageGroup{
		ModelPackageGroupName: &g.Name, ModelPackageGroupArn: &g.ARN, ModelPackageGroupDescription: g.Body.Description,
		CreationTime: &g.CreatedAt, CreatedBy: g.Body.CreatedBy, ModelPackageGroupStatus: g.Body.Status, Tags: tags,
	}}, nil
}
