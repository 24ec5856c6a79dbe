package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/service/registry"
	"github.com/sagebrush/sagebrush/store"
)

func groupName(i int) string { return fmt.Sprintf("group-%03d", i) }

func scope() aws.Scope { return aws.Scope{Account: harness.Account, Region: harness.Region} }

func arn(group, version int) string {
	return aws.SageMakerARN(scope(), "model-package", fmt.Sprintf("%s/%d", groupName(group), version))
}

// seed stores the groups and their versions, as the service stores them, in the
// database of a server that is not running.
func seed(ctx context.Context, url string, o options) (err error) {
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	groups, packages := store.NewTable[registry.Group]("model-package-group"), store.NewTable[registry.Package]("model-package")
	if err := db.Update(ctx, func(tx *store.Tx) error {
		for i := range o.groups {
			g := &store.Row[registry.Group]{Scope: scope(), Name: groupName(i), ARN: aws.SageMakerARN(scope(), groups.Kind(), groupName(i)), Status: "Completed",
				Body: registry.Group{Status: sagemaker.ModelPackageGroupStatusCompleted, Versions: int32(o.versions / o.groups), CreatedBy: &sagemaker.UserContext{}}}
			if err := groups.Insert(tx, g); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for done := 0; done < o.versions; done += 1000 {
		if err := db.Update(ctx, func(tx *store.Tx) error {
			for n := done; n < min(o.versions, done+1000); n++ {
				if err := packages.Insert(tx, version(n%o.groups, n/o.groups+1, n%1009 == 0)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// version is a row as registering makes it.
func version(group, number int, approved bool) *store.Row[registry.Package] {
	status := sagemaker.ModelApprovalStatusPendingManualApproval
	if approved {
		status = sagemaker.ModelApprovalStatusApproved
	}
	name := groupName(group)
	return &store.Row[registry.Package]{
		Scope: scope(), Name: fmt.Sprintf("%s/%d", name, number), ARN: arn(group, number), Parent: name, Status: string(status),
		Body: registry.Package{
			Group: name, Version: int32(number), Status: sagemaker.ModelPackageStatusCompleted, Approval: status, CreatedBy: &sagemaker.UserContext{},
			Request: sagemaker.CreateModelPackageInput{
				ModelPackageGroupName: &name, ModelPackageDescription: aws.Ptr("a version as pipelines register them"),
				InferenceSpecification: &sagemaker.InferenceSpecification{
					Containers: []*sagemaker.ModelPackageContainerDefinition{{
						Image: aws.Ptr(harness.Image), ModelDataUrl: aws.Ptr("s3://" + harness.Bucket + "/model.tar.gz"), Environment: map[string]string{"SAGEMAKER_PROGRAM": "inference.py"},
					}},
					SupportedContentTypes: []string{"text/csv"}, SupportedResponseMIMETypes: []string{"text/csv"},
					SupportedRealtimeInferenceInstanceTypes: []sagemaker.ProductionVariantInstanceType{"ml.m5.large"},
				},
				CustomerMetadataProperties: map[string]string{"auc": "0.94", "commit": "0123456789abcdef"},
				ModelMetrics: &sagemaker.ModelMetrics{ModelQuality: &sagemaker.ModelQuality{Statistics: &sagemaker.MetricsSource{
					ContentType: aws.Ptr("application/json"), S3Uri: aws.Ptr("s3://" + harness.Bucket + "/statistics.json"),
				}}},
			},
		},
	}
}
