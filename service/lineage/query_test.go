package lineage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// chain makes data → job → model → deploy → endpoint, and image → job.
func chain(b *bench) (data, image, job, model, deploy, endpoint string) {
	data, image, job = b.artifact("s3://b/data", "DataSet"), b.artifact("image:1", "Image"), b.component("job-aws-training-job")
	model, deploy, endpoint = b.artifact("s3://b/model", "Model"), b.action("ModelDeployment"), b.context("Endpoint")
	b.associate(data, job)
	b.associate(image, job)
	b.associate(job, model)
	b.associate(model, deploy)
	b.associate(deploy, endpoint)
	return data, image, job, model, deploy, endpoint
}

// QL-1 … QL-6, AddAssociation-6: directions, depths, filters, edges and paths; of
// several properties one is enough.
//
// covers: sagemaker.QueryLineage
func TestQuery(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		data, image, job, model, deploy, endpoint := chain(b)
		all := []string{data, image, job, model, deploy, endpoint}
		for arn, properties := range map[string]map[string]string{data: {"team": "x", "n": "1"}, model: {"stage": "y"}, image: {"team": "z"}} {
			_, err := b.UpdateArtifact(b.ctx, &sagemaker.UpdateArtifactInput{ArtifactArn: &arn, Properties: properties})
			b.must(err)
		}
		properties := func(wanted map[string]string) *sagemaker.QueryFilters {
			return &sagemaker.QueryFilters{Properties: wanted}
		}
		up, down, both := sagemaker.DirectionAscendants, sagemaker.DirectionDescendants, sagemaker.DirectionBoth
		types := func(types ...string) *sagemaker.QueryFilters { return &sagemaker.QueryFilters{Types: types} }
		past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		for name, c := range map[string]struct {
			in    sagemaker.QueryLineageInput
			want  []string
			edges int
		}{
			"up":            {sagemaker.QueryLineageInput{StartArns: []string{model}, Direction: up}, []string{data, image, job}, 0},
			"down":          {sagemaker.QueryLineageInput{StartArns: []string{model}, Direction: down}, []string{deploy, endpoint}, 0},
			"both":          {sagemaker.QueryLineageInput{StartArns: []string{data}, Direction: both}, []string{image, job, model, deploy, endpoint}, 0},
			"both, unsaid":  {sagemaker.QueryLineageInput{StartArns: []string{endpoint}}, []string{data, image, job, model, deploy}, 0},
			"depth":         {sagemaker.QueryLineageInput{StartArns: []string{model}, Direction: up, MaxDepth: ptr[int32](1)}, []string{job}, 0},
			"edges":         {sagemaker.QueryLineageInput{StartArns: []string{model}, IncludeEdges: ptr(true)}, all, 5},
			"edges up":      {sagemaker.QueryLineageInput{StartArns: []string{model}, IncludeEdges: ptr(true), Direction: up}, []string{data, image, job, model}, 3},
			"type":          {sagemaker.QueryLineageInput{StartArns: []string{endpoint}, Filters: types("DataSet", "Image")}, []string{data, image}, 0},
			"path":          {sagemaker.QueryLineageInput{StartArns: []string{deploy}, Filters: types("DataSet"), IncludeEdges: ptr(true)}, []string{data, job, model, deploy}, 3},
			"no match":      {sagemaker.QueryLineageInput{StartArns: []string{deploy}, Filters: types("DataSet"), Direction: down, IncludeEdges: ptr(true)}, nil, 0},
			"lineage types": {sagemaker.QueryLineageInput{StartArns: []string{data}, Filters: &sagemaker.QueryFilters{LineageTypes: []sagemaker.LineageType{"Context", "TrialComponent"}}}, []string{job, endpoint}, 0},
			"and":           {sagemaker.QueryLineageInput{StartArns: []string{data}, Filters: &sagemaker.QueryFilters{LineageTypes: []sagemaker.LineageType{"Artifact"}, Types: []string{"Model", "Endpoint"}}}, []string{model}, 0},
			"times":         {sagemaker.QueryLineageInput{StartArns: []string{data}, Filters: &sagemaker.QueryFilters{CreatedAfter: &past, CreatedBefore: &future, ModifiedAfter: &past, ModifiedBefore: &future}}, []string{image, job, model, deploy, endpoint}, 0},
			"the future":    {sagemaker.QueryLineageInput{StartArns: []string{data}, Filters: &sagemaker.QueryFilters{ModifiedAfter: &future}}, nil, 0},
			"any property":  {sagemaker.QueryLineageInput{StartArns: []string{endpoint}, Filters: properties(map[string]string{"team": "x", "stage": "y"})}, []string{data, model}, 0},
			"no property":   {sagemaker.QueryLineageInput{StartArns: []string{endpoint}, Filters: properties(map[string]string{"team": "y", "stage": "x"})}, nil, 0},
			"no start":      {sagemaker.QueryLineageInput{}, all, 0},
			"scan":          {sagemaker.QueryLineageInput{Filters: types("Model"), IncludeEdges: ptr(true)}, []string{model}, 0},
		} {
			slices.Sort(c.want)
			for _, size := range []int32{1, 2, 50} {
				in := c.in
				in.MaxResults = &size
				got, edges := b.query(in)
				slices.Sort(got)
				if !slices.Equal(got, c.want) || len(edges) != c.edges {
					b.t.Errorf("%s, by %d: %d edges, %v", name, size, len(edges), got)
				}
			}
		}
		for name, c := range map[string]struct {
			in   sagemaker.QueryLineageInput
			code aws.Code
			part string
		}{
			"unknown": {sagemaker.QueryLineageInput{StartArns: []string{aws.SageMakerARN(home, "artifact", "none")}}, aws.ResourceNotFound, "does not exist"},
			"depth":   {sagemaker.QueryLineageInput{StartArns: []string{data}, MaxDepth: ptr[int32](0)}, aws.ValidationException, "MaxDepth"},
			"page":    {sagemaker.QueryLineageInput{StartArns: []string{data}, MaxResults: ptr[int32](-1)}, aws.ValidationException, "MaxResults"},
			"token":   {sagemaker.QueryLineageInput{StartArns: []string{data}, NextToken: ptr("AAAA")}, aws.ValidationException, "token"},
			"NUL":     {sagemaker.QueryLineageInput{StartArns: []string{data}, Filters: types("\x00")}, aws.ValidationException, "NUL"},
		} {
			_, err := b.QueryLineage(b.ctx, &c.in)
			b.refused(name, err, c.code, c.part)
		}
		first, err := b.QueryLineage(b.ctx, &sagemaker.QueryLineageInput{StartArns: []string{data}, MaxResults: ptr[int32](1)})
		b.must(err)
		_, err = b.QueryLineage(b.ctx, &sagemaker.QueryLineageInput{StartArns: []string{image}, NextToken: first.NextToken})
		b.refused("a token of another start", err, aws.ValidationException, "token")
		_, err = b.QueryLineage(as(b.t, away), &sagemaker.QueryLineageInput{NextToken: first.NextToken})
		b.refused("a stranger's token", err, aws.ValidationException, "token")
	})
}

// QL-3, QL-6: cycles end, and experiments are walked through and not answered.
func TestQueryCycleAndExperiment(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		x, y, z := b.artifact("x", "T"), b.artifact("y", "T"), b.artifact("z", "T")
		b.associate(x, y)
		b.associate(y, x)
		experiment := aws.SageMakerARN(home, "experiment", "e")
		b.update(func(tx *store.Tx) error {
			return graph.Put(tx, &graph.Vertex{Scope: home, ARN: experiment, Kind: graph.Experiment, Type: "Experiment"})
		})
		b.associate(y, experiment)
		b.associate(experiment, z)
		for _, paths := range []bool{false, true} {
			got, edges := b.query(sagemaker.QueryLineageInput{StartArns: []string{x}, IncludeEdges: &paths, Direction: sagemaker.DirectionDescendants, MaxResults: ptr[int32](1)})
			want, wantEdges := []string{y, z}, 0
			if paths {
				want, wantEdges = []string{x, y, z}, 2
			}
			if !slices.Equal(got, want) || len(edges) != wantEdges {
				b.t.Errorf("paths %v: %v, %v", paths, got, edges)
			}
		}
		got, _ := b.query(sagemaker.QueryLineageInput{StartArns: []string{experiment}, MaxDepth: ptr[int32](1)})
		if slices.Sort(got); len(got) != 2 || !slices.Contains(got, y) || !slices.Contains(got, z) {
			b.t.Errorf("from the experiment: %v", got)
		}
	})
}

// QL-7: pages across a hub, while others write: what was there throughout is
// answered once, with its edges.
func TestQueryPagesWhileOthersWrite(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		const n = 600
		hub := &graph.Vertex{Scope: home, ARN: aws.SageMakerARN(home, "artifact", "hub"), Kind: graph.Artifact, Type: "Image"}
		grow := func(tx *store.Tx, from, to int) error {
			for i := from; i < to; i++ {
				v := &graph.Vertex{Scope: home, ARN: aws.SageMakerARN(home, "action", fmt.Sprint("leaf-", i)), Kind: graph.Action, Type: "T"}
				if err := errors.Join(graph.Put(tx, v), graph.Associate(tx, graph.Association{Source: hub, Destination: v})); err != nil {
					return err
				}
			}
			return nil
		}
		b.update(func(tx *store.Tx) error { return errors.Join(graph.Put(tx, hub), grow(tx, 0, n)) })
		in := sagemaker.QueryLineageInput{StartArns: []string{aws.SageMakerARN(home, "action", "leaf-7")}, IncludeEdges: ptr(true)}
		vertices, edges := map[string]int{}, map[string]bool{}
		for page := 0; ; page++ {
			out, err := b.QueryLineage(b.ctx, &in)
			b.must(err)
			for _, v := range out.Vertices {
				vertices[*v.Arn]++
			}
			for _, e := range out.Edges {
				edges[*e.DestinationArn] = true
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
			if page < 10 {
				b.update(func(tx *store.Tx) error { return grow(tx, n+page, n+page+1) })
			}
		}
		for i := range n {
			arn := aws.SageMakerARN(home, "action", fmt.Sprint("leaf-", i))
			if vertices[arn] != 1 || !edges[arn] {
				b.t.Errorf("%s: answered %d times, edge %v", arn, vertices[arn], edges[arn])
			}
		}
	})
}

// QL-8, QL-9: what other services report appears once, whoever made it first.
func TestRecords(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		data := b.artifact("s3://b/data", "MyOwn") // made by hand before
		job := func(name string, outputs ...graph.Data) {
			component := b.component(name + "-aws-training-job")
			b.update(func(tx *store.Tx) error {
				return b.RecordJob(tx, home, graph.Job{
					Component: component,
					Inputs:    []graph.Data{{URI: "image:1", Type: graph.TypeImage}, {URI: "s3://b/data", Type: graph.TypeDataSet}}, Outputs: outputs,
				})
			})
		}
		job("one", graph.Data{URI: "s3://b/one/model", Type: graph.TypeModel})
		job("one", graph.Data{URI: "s3://b/one/model", Type: graph.TypeModel}) // again changes nothing
		job("two")
		b.update(func(tx *store.Tx) error { // its component was deleted while it ran
			return b.RecordJob(tx, home, graph.Job{Component: aws.SageMakerARN(home, "experiment-trial-component", "gone"), Inputs: []graph.Data{{URI: "s3://b/unused", Type: graph.TypeDataSet}}})
		})
		if list, err := b.ListArtifacts(b.ctx, &sagemaker.ListArtifactsInput{SourceUri: ptr("s3://b/unused")}); err != nil || len(list.ArtifactSummaries) > 0 {
			b.t.Errorf("a job without a component: %v, %+v", err, list)
		}
		arn := aws.SageMakerARN(home, "model-package", "group/1")
		p := graph.ModelPackage{ARN: arn, Name: "group/1", GroupARN: aws.SageMakerARN(home, "model-package-group", "group"), GroupName: "group", Version: 1, Approval: "PendingManualApproval",
			Contributions: []graph.Data{{URI: "image:1", Type: graph.TypeImage}, {URI: "s3://b/one/model", Type: graph.TypeModel}}}
		b.update(func(tx *store.Tx) error { return b.RecordModelPackage(tx, home, p) })
		b.update(func(tx *store.Tx) error {
			return b.RecordApproval(tx, home, graph.Approval{PackageARN: arn, GroupName: "group", Version: 1, Status: "Approved"})
		})
		b.update(func(tx *store.Tx) error {
			return b.RecordEndpoint(tx, home, graph.Endpoint{ARN: aws.SageMakerARN(home, "endpoint", "e"), Name: "e", CreatedAt: tx.Now, Status: "Completed",
				Contributions: []graph.Data{{URI: arn, Type: graph.TypeModel}}})
		})
		got, edges := b.query(sagemaker.QueryLineageInput{StartArns: []string{data}, IncludeEdges: ptr(true)})
		count := map[string]int{}
		for _, arn := range got {
			count[strings.Split(strings.Split(arn, ":")[5], "/")[0]]++
		}
		// data, image, model and package; two jobs; two approvals and a deployment; group and endpoint.
		if count["artifact"] != 4 || count["experiment-trial-component"] != 2 || count["action"] != 3 || count["context"] != 2 {
			b.t.Errorf("%v in %v", count, got)
		}
		if len(edges) != 12 {
			b.t.Errorf("%d edges: %v", len(edges), edges)
		}
		packages, err := b.ListArtifacts(b.ctx, &sagemaker.ListArtifactsInput{SourceUri: &arn}) // as the SDK looks for it
		b.must(err)
		if len(packages.ArtifactSummaries) != 1 || *packages.ArtifactSummaries[0].ArtifactType != "Model" { // as the live service has it
			b.t.Errorf("the package's artifact: %+v", packages.ArtifactSummaries)
		}
		groups, err := b.ListContexts(b.ctx, &sagemaker.ListContextsInput{SourceUri: &p.GroupARN})
		b.must(err)
		if len(groups.ContextSummaries) != 1 || *groups.ContextSummaries[0].ContextName != "group-aws-model-group" {
			b.t.Errorf("the group's context: %+v", groups.ContextSummaries)
		}
		approvals, err := b.ListActions(b.ctx, &sagemaker.ListActionsInput{ActionType: ptr(graph.TypeApproval)})
		b.must(err)
		if len(approvals.ActionSummaries) != 2 || *approvals.ActionSummaries[0].Source.SourceUri != arn || !strings.HasPrefix(*approvals.ActionSummaries[0].ActionName, "group-1-Approved-") {
			b.t.Errorf("approvals: %+v", approvals.ActionSummaries)
		}
		made, err := b.DescribeArtifact(b.ctx, &sagemaker.DescribeArtifactInput{ArtifactArn: &data})
		b.must(err)
		if *made.ArtifactType != "MyOwn" {
			b.t.Errorf("the job changed the type of a user's artifact to %s", *made.ArtifactType)
		}
	})
}
