package registry

import (
	"context"
	"encoding/json"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModelPackage registers a model: as the next version of a group, or under
// a name of its own (CreateModelPackage-1, -2). It is Completed when the answer
// arrives. The same ClientToken makes no second one (CreateModelPackage-10).
func (s *Service) CreateModelPackage(ctx context.Context, in *sagemaker.CreateModelPackageInput) (*sagemaker.CreateModelPackageOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	token := in.ClientToken
	in.ClientToken = nil
	request, err := json.Marshal(in) // before anything is filled in
	if err != nil {
		return nil, err
	}
	if err := s.resolveDigests(ctx, in); err != nil {
		return nil, err
	}
	var arn string
	scope := aws.ScopeFrom(ctx)
	err = s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		arn, err = kit.Once(tx, scope, "CreateModelPackage", token, json.RawMessage(request), func() (string, error) {
			r := &row{Scope: scope, Body: Package{
				Request: *in, Status: sagemaker.ModelPackageStatusPending, CreatedBy: kit.UserContextWithIdentity(ctx),
			}}
			err := s.register(tx, r)
			return r.ARN, err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateModelPackageOutput{ModelPackageArn: &arn}, nil
}

// register completes the row of a new package and adds it, with everything that
// goes with it.
func (s *Service) register(tx *store.Tx, r *row) error {
	p := &r.Body
	tags := p.Request.Tags
	p.Request.Tags = nil // they live with the tags of all resources, and change there
	if p.Request.SkipModelValidation == "" {
		p.Request.SkipModelValidation = sagemaker.SkipModelValidationNone
	}
	if p.Request.CertifyForMarketplace == nil {
		p.Request.CertifyForMarketplace = aws.Ptr(false)
	}
	if err := s.deriveSpecification(tx, r); err != nil {
		return err
	}
	if err := accept.Fire(&p.Status, p, tx.Now); err != nil {
		return err
	}
	if p.Request.ModelPackageGroupName != nil {
		return s.registerVersion(tx, r)
	}
	p.Request.ModelApprovalStatus = ""
	r.Name, r.Parent = *p.Request.ModelPackageName, unversioned
	r.ARN = packages.ARN(r.Scope, r.Name)
	if taken, err := store.HasARN(tx, r.Scope, packages.Kind(), r.ARN); err != nil {
		return err
	} else if taken {
		// The words that the SDK goes on after.
		return aws.Invalid("ModelPackage already exists: %s. Names are unique within an account and region, whatever their letter case.", r.ARN)
	}
	return s.add(tx, r, tags)
}

// registerVersion adds the next version of a group. Its number is taken in the
// same transaction, so there are no gaps and none is given twice
// (CreateModelPackage-2).
func (s *Service) registerVersion(tx *store.Tx, r *row) error {
	p := &r.Body
	g, err := groups.Find(tx, r.Scope, *p.Request.ModelPackageGroupName)
	if err != nil {
		return err
	}
	version, err := nextVersion(tx, g)
	if err != nil {
		return err
	}
	p.Group, p.Version = g.Name, version
	if p.Approval = p.Request.ModelApprovalStatus; p.Approval == "" {
		p.Approval = sagemaker.ModelApprovalStatusPendingManualApproval // CreateModelPackage-4
	}
	r.Name, r.Parent, r.Status = versionName(g.Name, version), parentOf(g.Name), string(p.Approval)
	return s.add(tx, r, nil)
}

// add inserts the row and tells lineage.
func (s *Service) add(tx *store.Tx, r *row, tags []*sagemaker.Tag) error {
	if err := packages.Create(tx, s.Quotas, r, tags); err != nil || s.Lineage == nil {
		return err
	}
	return s.Lineage.RecordModelPackage(tx, r.Scope, show(r))
}
