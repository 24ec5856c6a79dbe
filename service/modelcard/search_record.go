package modelcard

import (
	"encoding/json"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable are the kinds that Search finds.
func (s *Service) Searchable() []kit.Searchable {
	return []kit.Searchable{kit.NewSearchable(sagemaker.ResourceTypeModelCard, cards.Kind(), cards.Get, record)}
}

// record is the card as Search shows it, in its latest version, with what the
// content says about the model, the risk and the model package group.
func record(tx *store.Tx, r *row, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	v, err := versions.Get(tx, r.Scope, versionName(r.Name, r.Body.Version))
	if err != nil {
		return nil, err
	}
	var about summary
	if err := json.Unmarshal([]byte(v.Body.Content), &about); err != nil {
		return nil, err
	}
	return &sagemaker.SearchRecord{ModelCard: &sagemaker.ModelCard{
		ModelCardName: &r.Name, ModelCardArn: &r.ARN, ModelCardVersion: &r.Body.Version, ModelCardStatus: r.Body.Status, Content: &v.Body.Content,
		SecurityConfig: r.Body.Security, CreationTime: &r.CreatedAt, CreatedBy: r.Body.CreatedBy, LastModifiedTime: &r.ModifiedAt,
		LastModifiedBy: r.Body.LastModifiedBy, Tags: tags,
		ModelId: aws.Optional(about.modelID()), RiskRating: aws.Optional(about.IntendedUses.RiskRating), ModelPackageGroupName: aws.Optional(about.ModelPackageDetails.Group),
	}}, nil
}
