package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
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
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	dir := server.Directory(t)
	s := server.New(t, server.Options{Dir: filepath.Join(dir, "data"), Database: "sqlite"})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	witness.Prepare(ctx, t, s, dir)
	client := s.Client()
	call := func(operation string, in map[string]any, out any) {
		t.Helper()
		if err := client.Call(ctx, "sagemaker", "SageMaker."+operation, in, out); err != nil {
			t.Errorf("%s: %v", operation, err)
		}
	}
	finished, made := make(chan struct{}), 0
	acknowledged := map[string]string{} // ARN by source
	var work, entities sync.WaitGroup
	entities.Go(func() { // one try each: what was not acknowledged may be there or not
		for ; made < 3000; made++ {
			select {
			case <-finished:
				return
			default:
			}
			uri := fmt.Sprint("s3://made/", made)
			var out struct{ ArtifactArn string }
			err := s.As(s.Credentials()).Call(ctx, "sagemaker", "SageMaker.CreateArtifact", map[string]any{
				"ArtifactType": "Made", "Source": map[string]any{"SourceUri": uri}, "Tags": []any{map[string]any{"Key": "k", "Value": "v"}},
			}, &out)
			if err == nil {
				acknowledged[uri] = out.ArtifactArn
			}
		}
	})
	work.Go(func() {
		defer close(finished)
		for i := range jobs {
			if err := client.Train(ctx, witness.Streamed(witness.Job(jobName(i), ""))); err != nil {
				t.Errorf("create %s: %v", jobName(i), err)
			}
		}
		for i := range jobs {
			if err := completed(ctx, client, jobName(i)); err != nil {
				t.Error(err)
			}
		}
	})
	for alive := true; alive; {
		select {
		case <-finished:
			alive = false
		case <-time.After(time.Duration(rand.IntN(500)) * time.Millisecond):
			s.Kill()
			if err := s.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	work.Wait()
	entities.Wait()
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
		call("ListArtifacts", map[string]any{"SourceUri": uri}, &found)
		if want := acknowledged[uri]; len(found.ArtifactSummaries) > 1 || want != "" && (len(found.ArtifactSummaries) != 1 || found.ArtifactSummaries[0].ArtifactArn != want) {
			t.Errorf("%s: acknowledged %q, found %v", uri, want, found)
		}
		for _, a := range found.ArtifactSummaries {
			var tags, vertex listed
			call("ListTags", map[string]any{"ResourceArn": a.ArtifactArn}, &tags)
			call("QueryLineage", map[string]any{"StartArns": []string{a.ArtifactArn}, "IncludeEdges": true}, &vertex)
			if len(tags.Tags) != 1 || len(vertex.Vertices) != 1 {
				t.Errorf("%s is half made: %v, %v", uri, tags, vertex)
			}
		}
	}
	images := map[string]bool{}
	for i := range jobs {
		component := "arn:aws:sagemaker:us-east-1:" + server.Account + ":experiment-trial-component/" + strings.ToLower(jobName(i)) + "-aws-training-job"
		var in, out listed
		call("ListAssociations", map[string]any{"DestinationArn": component}, &in)
		call("ListAssociations", map[string]any{"SourceArn": component}, &out)
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
	t.Logf("%d jobs, %d kills, %d artifacts acknowledged of %d", jobs, s.Kills(), len(acknowledged), made)
}
