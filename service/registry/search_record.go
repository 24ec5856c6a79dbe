package registry

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable are the kinds that Search finds.
func (s *Service) Searchable() []kit.Searchable {
	return []kit.Searchable{
		{Resource: sagemaker.ResourceTypeModelPackage, Kind: packages.Kind(), Record: packageRecord},
		{Resource: sagemaker.ResourceTypeModelPackageGroup, Kind: groups.Kind(), Record: groupRecord},
	}
}

// packageRecord is a package as Search shows it. A version shows no tags: those of
// its group are the group's (CreateModelPackage-3).
func packageRecord(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
	r, err := packages.Get(tx, scope, name)
	if err != nil {
		return nil, err
	}
	tags, err := store.Tags(tx, scope, r.ARN)
	if err != nil {
		return nil, err
	}
	p := show(r)
	p.Tags = kit.TagList(tags)
	return &sagemaker.SearchRecord{ModelPackage: p}, nil
}

// groupRecord is a group as Search shows it.
func groupRecord(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
	g, err := groups.Get(tx, scope, name)
	if err != nil {
		return nil, err
	}
	tags, err := store.Tags(tx, scope, g.ARN)
	if err != nil {
		return nil, err
	}
	return &sagemaker.SearchRecord{ModelPackageGroup: &sagemaker.ModelPackageGroup{
		ModelPackageGroupName: &g.Name, ModelPackageGroupArn: &g.ARN, ModelPackageGroupDescription: g.Body.Description,
		CreationTime: &g.CreatedAt, CreatedBy: g.Body.CreatedBy, ModelPackageGroupStatus: g.Body.Status, Tags: kit.TagList(tags),
	}}, nil
}
