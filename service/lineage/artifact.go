package lineage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Artifact is what is stored of an artifact. Its row's name is the id in its ARN.
type Artifact struct {
	Entity
	// Name is what the user calls it, "" for none; names need not be unique.
	Name   string `json:",omitempty"`
	Source *sagemaker.ArtifactSource
}

type artifactRow = store.Row[Artifact]

var artifacts = kind[Artifact]{
	Kind: kit.Kind[Artifact]{
		Table: store.NewTable[Artifact]("artifact"), Noun: "Artifact", Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
	},
	vertex: graph.Artifact, quota: artifactQuota,
	entity: func(r *artifactRow) (*Entity, string) { return &r.Body.Entity, r.Body.Name },
}

// artifactID is the id of the artifact with that source: the same in every
// account, so that twins are recognized (QL-8), and one for each source. What
// identifies the content beside the URI counts, in any order.
func artifactID(source *sagemaker.ArtifactSource) string {
	parts := []string{*source.SourceUri}
	for _, t := range source.SourceTypes {
		parts = append(parts, string(t.SourceIdType)+"="+*t.Value)
	}
	slices.Sort(parts[1:])
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // strings are always encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// newArtifact is the row of an artifact with that source, whose type it is.
func newArtifact(scope aws.Scope, source *sagemaker.ArtifactSource, typ string) *artifactRow {
	return &artifactRow{
		Scope: scope, Name: artifactID(source), Status: typ, Parent: uriDigest(*source.SourceUri), Body: Artifact{Source: source},
	}
}
