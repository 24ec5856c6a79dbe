package lineage_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// AddAssociation-1, AddAssociation-2, AddAssociation-4, Assoc-3, Co-7: associations are added once, refused
// where an end is unknown, the same, or both are of experiments; an entity with
// one is not deleted.
//
// covers: sagemaker.AddAssociation sagemaker.DeleteAssociation
func TestAssociate(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		data, model, action := b.artifact("s3://b/data", "DataSet"), b.artifact("s3://b/model", "Model"), b.action("deploy")
		job, other := b.component("Job-aws-training-job"), b.component("other-aws-training-job")
		add := func(source, destination string) error {
			out, err := b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &source, DestinationArn: &destination})
			if err == nil && (!strings.EqualFold(*out.SourceArn, source) || !strings.EqualFold(*out.DestinationArn, destination)) {
				b.t.Errorf("answered %+v", out)
			}
			return err
		}
		drop := func(source, destination string) error {
			_, err := b.DeleteAssociation(b.ctx, &sagemaker.DeleteAssociationInput{SourceArn: &source, DestinationArn: &destination})
			return err
		}
		b.must(add(data, job), add(strings.Replace(job, "job-aws", "Job-AWS", 1), model), add(model, action), add(action, data)) // a cycle
		b.refused("twice", add(data, job), aws.ValidationException, "already exists")
		b.must(add(job, data)) // the other way round is another one
		b.refused("itself", add(data, data), aws.ValidationException, "itself")
		b.refused("two components", add(job, other), aws.ValidationException, "experiment entities")
		missing := aws.SageMakerARN(home, "artifact", "ffff")
		b.refused("no source", add(missing, data), aws.ResourceNotFound, missing)
		b.refused("no destination", add(data, missing), aws.ResourceNotFound, missing)
		b.refused("another account", add(data, strings.Replace(model, home.Account, away.Account, 1)), aws.ResourceNotFound, "does not exist")
		b.refused("another region", add(data, strings.Replace(model, home.Region, "eu-west-1", 1)), aws.ResourceNotFound, "does not exist")
		_, err := b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: &data})
		b.refused("deleting an end", err, aws.ValidationException, "still has associations")
		_, err = b.DeleteAction(b.ctx, &sagemaker.DeleteActionInput{ActionName: ptr("deploy")})
		b.refused("deleting an end", err, aws.ValidationException, "still has associations")
		b.refused("not there", drop(model, job), aws.ResourceNotFound, "does not exist")
		b.must(drop(data, job), drop(job, data), drop(action, data))
		b.refused("gone", drop(data, job), aws.ResourceNotFound, "does not exist")
		_, err = b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: &data})
		b.must(err)
	})
}

// Assoc-1, Assoc-2, AddAssociation-5, Gen-5: every filter, order and page.
//
// covers: sagemaker.ListAssociations
func TestListAssociations(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		empty, err := b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{})
		b.must(err)
		if empty.AssociationSummaries == nil || len(empty.AssociationSummaries) > 0 {
			b.t.Errorf("nothing: %v", empty.AssociationSummaries)
		}
		job := b.component("j-aws-training-job")
		data := make([]string, 12)
		for i := range data {
			data[i] = b.artifact("s3://b/"+strconv.Itoa(i), "DataSet")
			b.associate(data[i], job)
		}
		action, group := b.action("deploy"), b.context("group")
		_, err = b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &job, DestinationArn: &action, AssociationType: sagemaker.AssociationEdgeTypeProduced})
		b.must(err)
		_, err = b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &action, DestinationArn: &group})
		b.must(err)
		list := func(in sagemaker.ListAssociationsInput) (rows []*sagemaker.AssociationSummary) {
			b.t.Helper()
			for {
				out, err := b.ListAssociations(b.ctx, &in)
				b.must(err)
				rows = append(rows, out.AssociationSummaries...)
				if out.NextToken == nil {
					return rows
				}
				in.NextToken = out.NextToken
			}
		}
		first, err := b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{})
		b.must(err)
		if len(first.AssociationSummaries) != 10 || first.NextToken == nil {
			b.t.Errorf("the first page has %d", len(first.AssociationSummaries))
		}
		newest := first.AssociationSummaries[0]
		if *newest.SourceArn != action || *newest.SourceName != "deploy" || *newest.SourceType != "deploy" || *newest.DestinationArn != group ||
			newest.AssociationType != "" || newest.CreatedBy == nil || newest.CreationTime.IsZero() {
			b.t.Errorf("the youngest is %+v", newest)
		}
		for name, c := range map[string]struct {
			in   sagemaker.ListAssociationsInput
			want int
		}{
			"all":                {sagemaker.ListAssociationsInput{}, 14},
			"source":             {sagemaker.ListAssociationsInput{SourceArn: &data[3]}, 1},
			"destination":        {sagemaker.ListAssociationsInput{DestinationArn: &job}, 12},
			"both":               {sagemaker.ListAssociationsInput{SourceArn: &job, DestinationArn: &job}, 0},
			"source type":        {sagemaker.ListAssociationsInput{SourceType: ptr("DataSet")}, 12},
			"job's type":         {sagemaker.ListAssociationsInput{DestinationType: ptr("SageMakerTrainingJob")}, 12},
			"job's other type":   {sagemaker.ListAssociationsInput{SourceType: ptr("TrainingJob")}, 1},
			"kind":               {sagemaker.ListAssociationsInput{DestinationType: ptr("Context")}, 1},
			"other type":         {sagemaker.ListAssociationsInput{SourceType: ptr("Model")}, 0},
			"association's type": {sagemaker.ListAssociationsInput{AssociationType: sagemaker.AssociationEdgeTypeProduced}, 1},
			"all conditions":     {sagemaker.ListAssociationsInput{SourceType: ptr("DataSet"), AssociationType: sagemaker.AssociationEdgeTypeProduced}, 0},
			"since the youngest": {sagemaker.ListAssociationsInput{CreatedAfter: newest.CreationTime, CreatedBefore: newest.CreationTime}, 1},
			"later":              {sagemaker.ListAssociationsInput{CreatedAfter: ptr(newest.CreationTime.Add(time.Microsecond))}, 0},
		} {
			for _, size := range []int32{1, 5, 100} {
				c.in.MaxResults = &size
				if got := list(c.in); len(got) != c.want {
					b.t.Errorf("%s, by %d: %d associations, want %d", name, size, len(got), c.want)
				}
			}
		}
		if s := list(sagemaker.ListAssociationsInput{SourceArn: &job}); *s[0].SourceType != "SageMakerTrainingJob" {
			b.t.Errorf("the job's type is %s", *s[0].SourceType)
		}
		for by, key := range map[sagemaker.SortAssociationsBy]func(*sagemaker.AssociationSummary) string{
			sagemaker.SortAssociationsByCreationTime: func(s *sagemaker.AssociationSummary) string {
				return s.CreationTime.Format("2006-01-02T15:04:05.000000000Z07:00")
			},
			sagemaker.SortAssociationsBySourceArn:      func(s *sagemaker.AssociationSummary) string { return *s.SourceArn },
			sagemaker.SortAssociationsByDestinationArn: func(s *sagemaker.AssociationSummary) string { return *s.DestinationArn },
			sagemaker.SortAssociationsBySourceType:     func(s *sagemaker.AssociationSummary) string { return strings.TrimPrefix(*s.SourceType, "SageMaker") },
			sagemaker.SortAssociationsByDestinationType: func(s *sagemaker.AssociationSummary) string {
				return strings.TrimPrefix(*s.DestinationType, "SageMaker")
			},
		} {
			for _, order := range []sagemaker.SortOrder{sagemaker.SortOrderAscending, sagemaker.SortOrderDescending} {
				var keys []string
				seen := map[string]bool{}
				for _, s := range list(sagemaker.ListAssociationsInput{SortBy: by, SortOrder: order, MaxResults: ptr[int32](3)}) {
					keys = append(keys, key(s))
					seen[*s.SourceArn+*s.DestinationArn] = true
				}
				if order == sagemaker.SortOrderDescending {
					slices.Reverse(keys)
				}
				if len(seen) != 14 || !slices.IsSorted(keys) {
					b.t.Errorf("%s %s: %d different, %v", by, order, len(seen), keys)
				}
			}
		}
		_, err = b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{SourceArn: ptr(aws.SageMakerARN(home, "context", "none"))})
		b.refused("unknown source", err, aws.ResourceNotFound, "does not exist")
		_, err = b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{NextToken: first.NextToken, SourceType: ptr("DataSet")})
		b.refused("a token with other filters", err, aws.ValidationException, "token")
	})
}

// AddAssociation-3, Assoc-2, Assoc-3: each of the five types, and none, is taken
// between any two ends, kept and found, and nothing is made of what it means: data
// may be Produced by what came after it.
func TestAssociationTypes(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		ends := []string{b.artifact("s3://b/data", "DataSet"), b.component("job-aws-training-job"), b.action("deploy"), b.context("Endpoint"), b.artifact("s3://b/model", "Model")}
		types := []sagemaker.AssociationEdgeType{"ContributedTo", "AssociatedWith", "DerivedFrom", "Produced", "SameAs", ""}
		n := 0
		for i, source := range ends {
			for j, destination := range ends {
				if i == j {
					continue
				}
				typ := types[n%len(types)]
				n++
				_, err := b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &source, DestinationArn: &destination, AssociationType: typ})
				b.must(err)
				out, err := b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{SourceArn: &source, DestinationArn: &destination})
				b.must(err)
				if len(out.AssociationSummaries) != 1 || out.AssociationSummaries[0].AssociationType != typ {
					b.t.Errorf("%s → %s as %q: %+v", source, destination, typ, out.AssociationSummaries)
				}
				_, err = b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &source, DestinationArn: &destination, AssociationType: types[n%len(types)]})
				b.refused("another type between the same two", err, aws.ValidationException, "already exists")
			}
		}
		for _, typ := range types[:5] {
			out, err := b.ListAssociations(b.ctx, &sagemaker.ListAssociationsInput{AssociationType: typ, MaxResults: ptr[int32](100)})
			b.must(err)
			if got := len(out.AssociationSummaries); got < 3 || got > 4 {
				b.t.Errorf("%s: %d of %d", typ, got, n)
			}
		}
	})
}

// Many at once associate the same two, and one entity with many: each
// association is there once, and every refusal says that it is.
func TestAssociateTogether(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		data, job := b.artifact("s3://b/data", "DataSet"), b.component("job")
		var wg sync.WaitGroup
		var mu sync.Mutex
		added := 0
		for range 8 {
			wg.Go(func() {
				_, err := b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &data, DestinationArn: &job})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					added++
				} else {
					b.refused("another", err, aws.ValidationException, "already exists")
				}
			})
		}
		wg.Wait()
		if added != 1 {
			b.t.Errorf("%d were added", added)
		}
		b.update(func(tx *store.Tx) error {
			n, err := graph.ManualAssociations(tx, home)
			if n != 1 {
				b.t.Errorf("%d are there", n)
			}
			return err
		})
	})
}
