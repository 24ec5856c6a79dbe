package registry

import (
	"fmt"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Package is what is stored of a model package. Its row is named after the
// package, or GROUP/VERSION; its parent is the group or unversioned; the row's
// status is the approval, by which versions are listed.
type Package struct {
	// Request is the request as it was accepted and updated since, with images'
	// digests and what an algorithm says about inference filled in, without tags.
	Request sagemaker.CreateModelPackageInput
	// Group and Version are set of versions only.
	Group   string `json:",omitempty"`
	Version int32  `json:",omitempty"`
	// Status and Approval are what the transitions move; Approval is "" of
	// packages without versions.
	Status   sagemaker.ModelPackageStatus
	Approval sagemaker.ModelApprovalStatus `json:",omitempty"`
	// ApprovalDescription is what was said with the approval last.
	ApprovalDescription *string                `json:",omitempty"`
	CreatedBy           *sagemaker.UserContext `json:",omitempty"`
	LastModifiedBy      *sagemaker.UserContext `json:",omitempty"`
}

type row = store.Row[Package]

// A missing or duplicate package has no error of its own (Err-4, Gen-2).
var packages = kit.Kind[Package]{
	Table: store.NewTable[Package]("model-package"), Noun: "Model package",
	Taken: aws.ValidationException, Missing: aws.ValidationException,
	Quota: &kit.Quota{Name: "model-packages"},
}

// versioned says that the package is a version of a group.
func (p *Package) versioned() bool { return p.Group != "" }

// name and group are the members of answers: a version has no name of its own.
func (p *Package) name() *string { return p.Request.ModelPackageName }

func (p *Package) group() *string {
	if p.versioned() {
		return &p.Group
	}
	return nil
}

func (p *Package) version() *int32 {
	if p.versioned() {
		return &p.Version
	}
	return nil
}

// versionName is the name of a version's row, and what its ARN ends with.
func versionName(group string, version int32) string { return fmt.Sprintf("%s/%d", group, version) }

// load is the package by name or ARN. A group's name is not enough, and users try
// it.
func load(tx *store.Tx, scope aws.Scope, nameOrARN string) (*row, error) {
	r, err := packages.Find(tx, scope, nameOrARN)
	if aws.CodeOf(err) == packages.Missing && !strings.HasPrefix(nameOrARN, "arn:") {
		if _, groupErr := groups.Get(tx, scope, nameOrARN); groupErr == nil {
			return nil, aws.Invalid("Could not find model package %q: it is a group of them. Name a version by its ARN, %s.", nameOrARN, packages.ARN(scope, nameOrARN+"/1"))
		}
	}
	return r, err
}
