package crash

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
)

// QL-8, QL-9: however often the server is killed, an artifact that was made is
// found by every way that leads to it, or by none; each job that ended has its
// lineage, once, and the jobs meet in one artifact of their image.
func TestKilledServerKeepsLineageWhole(t *testing.T) {
	t.Parallel()
	const jobs = 6
	tr := begin(t, "sqlite", 3*time.Minute)
	tr.witness()
	made := 0
	acknowledged := map[string]string{} // ARN by source
	tr.killing(tr.upTo(500*time.Millisecond), func() {
		training, stop := context.WithCancel(tr.ctx)
		var entities sync.WaitGroup
		entities.Go(func() { // one try each: what was not acknowledged may be there or not
			for ; made < 3000 && training.Err() == nil; made++ {
				uri := fmt.Sprint("s3://made/", made)
				var out struct{ ArtifactArn string }
				err := tr.server.As(tr.server.Credentials()).Call(tr.ctx, "sagemaker", "SageMaker.CreateArtifact", map[string]any{
					"ArtifactType": "Made", "Source": map[string]any{"SourceUri": uri}, "Tags": []any{map[string]any{"Key": "k", "Value": "v"}},
				}, &out)
				if err == nil {
					acknowledged[uri] = out.ArtifactArn
				}
			}
		})
		tr.train(jobs, func(i int) map[string]any { return witness.Streamed(witness.Job(jobName(i), "")) })
		stop()
		entities.Wait()
	})
	type listed struct {
		ArtifactSummaries    []struct{ ArtifactArn string }
		AssociationSummaries []struct{ SourceArn, SourceType, DestinationArn, AssociationType string }
		Tags                 []struct{ Key string }
		Vertices             []struct{ Arn, Type string }
		NextToken            string
	}
	for i := range made + 1 {
		uri := fmt.Sprint("s3://made/", i)
		var found listed
		tr.must("ListArtifacts", map[string]any{"SourceUri": uri}, &found)
		if want := acknowledged[uri]; len(found.ArtifactSummaries) > 1 || want != "" && (len(found.ArtifactSummaries) != 1 || found.ArtifactSummaries[0].ArtifactArn != want) {
			t.Errorf("%s: acknowledged %q, found %v", uri, want, found)
		}
		for _, a := range found.ArtifactSummaries {
			var tags, vertex listed
			tr.must("ListTags", map[string]any{"ResourceArn": a.ArtifactArn}, &tags)
			tr.must("QueryLineage", map[string]any{"StartArns": []string{a.ArtifactArn}, "IncludeEdges": true}, &vertex)
			if len(tags.Tags) != 1 || len(vertex.Vertices) != 1 {
				t.Errorf("%s is half made: %v, %v", uri, tags, vertex)
			}
		}
	}
	images := map[string]bool{}
	for i := range jobs {
		component := "arn:aws:sagemaker:us-east-1:" + server.Account + ":experiment-trial-component/" + strings.ToLower(jobName(i)) + "-aws-training-job"
		var in, out listed
		tr.must("ListAssociations", map[string]any{"DestinationArn": component}, &in)
		tr.must("ListAssociations", map[string]any{"SourceArn": component}, &out)
		if len(in.AssociationSummaries) != 2 || len(out.AssociationSummaries) != 1 || out.AssociationSummaries[0].AssociationType != "Produced" {
			t.Errorf("%s: %v, %v", component, in, out)
		}
		for _, a := range in.AssociationSummaries {
			if a.SourceType == "Image" {
				images[a.SourceArn] = true
			}
		}
	}
	if len(images) != 1 {
		t.Errorf("artifacts of the image: %v", images)
	}
	t.Logf("%d jobs, %d kills, %d artifacts acknowledged of %d", jobs, tr.server.Kills(), len(acknowledged), made)
}
