package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// QL-3, QL-4, QL-7, Assoc-1: an entity with 100,000 associations is walked through
// and listed like any other: what is behind it is found, each page is as long as it
// was asked for, and pages do not repeat. It is not deleted while it has any.
func TestHugeHub(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		const n = 100_000
		hub, before := b.artifact("image:1", "Image"), b.artifact("s3://b/data", "DataSet")
		behind := b.action("behind")
		b.associate(before, hub)
		first := aws.SageMakerARN(home, "action", "leaf-1")
		b.update(func(tx *store.Tx) error { // through the operations this would take minutes
			const numbers = "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < $1) "
			_, err := tx.Exec("INSERT INTO lineage_vertex (grp, kind, type, created_at, modified_at, name, arn, properties, manual) "+numbers+
				"SELECT v.grp, 'Action', 'Leaf', v.created_at, v.created_at, 'leaf-' || s.i, $2 || s.i, '', false FROM s, lineage_vertex v WHERE v.arn = $3", n, first[:len(first)-1], hub)
			if err != nil {
				return err
			}
			_, err = tx.Exec("INSERT INTO lineage_association (source, destination, grp, type, created_at, created_by, manual) "+
				"SELECT v.id, l.id, v.grp, 'Produced', v.created_at, '', false FROM lineage_vertex v, lineage_vertex l WHERE v.arn = $1 AND l.type = 'Leaf'", hub)
			return err
		})
		last := aws.SageMakerARN(home, "action", fmt.Sprint("leaf-", n))
		b.associate(last, behind)
		down, up := sagemaker.DirectionDescendants, sagemaker.DirectionAscendants

		for what, c := range map[string]struct {
			in   sagemaker.QueryLineageInput
			want []string
		}{
			"behind the hub":       {sagemaker.QueryLineageInput{StartArns: []string{before}, Direction: down, Filters: &sagemaker.QueryFilters{Types: []string{"behind"}}}, []string{behind}},
			"with the way to it":   {sagemaker.QueryLineageInput{StartArns: []string{before}, Direction: down, IncludeEdges: ptr(true), Filters: &sagemaker.QueryFilters{Types: []string{"behind"}}}, []string{before, hub, last, behind}},
			"not so deep":          {sagemaker.QueryLineageInput{StartArns: []string{before}, Direction: down, MaxDepth: ptr[int32](2), Filters: &sagemaker.QueryFilters{Types: []string{"behind"}}}, nil},
			"from a leaf, upwards": {sagemaker.QueryLineageInput{StartArns: []string{last}, Direction: up}, []string{hub, before}},
			"across it, both ways": {sagemaker.QueryLineageInput{StartArns: []string{first}, Filters: &sagemaker.QueryFilters{Types: []string{"behind", "DataSet"}}}, []string{before, behind}},
		} {
			got, _ := b.query(c.in)
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				b.t.Errorf("%s: %v", what, got)
			}
		}
		seen := map[string]bool{}
		in := sagemaker.QueryLineageInput{StartArns: []string{hub}, Direction: down, IncludeEdges: ptr(true), MaxResults: ptr[int32](50)}
		for range 4 {
			out, err := b.QueryLineage(b.ctx, &in)
			b.must(err)
			for _, v := range out.Vertices {
				seen[*v.Arn] = true
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				b.t.Fatal("the pages end")
			}
		}
		if len(seen) < 4*49 || len(seen) > 4*50 {
			b.t.Errorf("%d entities on four pages of 50", len(seen))
		}
		listed := map[string]bool{}
		list := sagemaker.ListAssociationsInput{SourceArn: &hub, MaxResults: ptr[int32](100)}
		for range 4 {
			out, err := b.ListAssociations(b.ctx, &list)
			b.must(err)
			for _, a := range out.AssociationSummaries {
				listed[*a.DestinationArn] = true
			}
			list.NextToken = out.NextToken
		}
		if len(listed) != 400 || list.NextToken == nil {
			b.t.Errorf("%d associations on four pages of 100", len(listed))
		}
		_, err := b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: &hub})
		b.refused("deleting the hub", err, aws.ValidationException, "still has associations")
	})
}
