package registry

import (
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Group is what is stored of a model package group.
type Group struct {
	Description *string `json:",omitempty"`
	CreatedBy   *sagemaker.UserContext
	Status      sagemaker.ModelPackageGroupStatus
	// Versions is the number that was given to a version last. It never goes down,
	// so that no number is given twice (CreateModelPackage-2).
	Versions int32 `json:",omitempty"`
	// Policy is the resource policy as it was put, "" for none.
	Policy string `json:",omitempty"`
}

type groupRow = store.Row[Group]

// A missing or duplicate group has no error of its own (Gen-1, Gen-2).
var groups = kit.Kind[Group]{
	Table: store.NewTable[Group]("model-package-group"), Noun: "Model package group",
	Taken: aws.ValidationException, Missing: aws.ValidationException,
	Quota: &kit.Quota{Name: "model-package-groups"},
}

// mostVersions is the highest version number that names of versions have room for.
const mostVersions = 99_999

// nextVersion gives out a version number of the group.
func nextVersion(tx *store.Tx, g *groupRow) (int32, error) {
	if g.Body.Versions >= mostVersions {
		return 0, aws.Errorf(aws.ResourceLimitExceeded, "The model package group %s has given out all its %d version numbers. Register the model in another group.", g.Name, mostVersions)
	}
	g.Body.Versions++
	return g.Body.Versions, groups.Update(tx, g)
}

// parentOf is the parent of a group's versions in the store. Names of groups are
// unique whatever their case, and ARNs print them in lower case.
func parentOf(group string) string { return strings.ToLower(group) }

// unversioned is the parent of packages that belong to no group; no group can have
// that name.
const unversioned = "/"

// TagOwner is the ARN of the resource whose tags the resource with that ARN goes
// by: versions of a group have the group's (CreateModelPackage-3), everything else
// its own.
func TagOwner(arn string) string {
	a, ok := aws.ParseARN(arn)
	kind, name, _ := strings.Cut(a.Resource, "/")
	group, _, version := strings.Cut(name, "/")
	if !ok || kind != packages.Kind() || !version {
		return arn
	}
	a.Resource = groups.Kind() + "/" + group
	return a.String()
}
