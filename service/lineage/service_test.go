package lineage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/service/lineage"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var (
	home = aws.Scope{Account: "123456789012", Region: "us-east-1"}
	away = aws.Scope{Account: "210987654321", Region: "us-east-1"}
)

// bench is a service with the context of a caller.
type bench struct {
	*lineage.Service
	t   *testing.T
	ctx context.Context
}

// each runs f with a service on both databases.
func each(t *testing.T, f func(b *bench)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := &lineage.Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}}
		f(&bench{s, t, as(t, home)})
	})
}

func as(t *testing.T, scope aws.Scope) context.Context {
	return aws.WithCaller(t.Context(), aws.Caller{Scope: scope})
}

func (b *bench) must(errs ...error) {
	b.t.Helper()
	if err := errors.Join(errs...); err != nil {
		b.t.Fatal(err)
	}
}

// refused checks the code of an error and that its sentence has a part.
func (b *bench) refused(what string, err error, code aws.Code, part string) {
	b.t.Helper()
	if aws.CodeOf(err) != code || !strings.Contains(err.Error(), part) {
		b.t.Errorf("%s: %v, want %s with %q", what, err, code, part)
	}
}

func (b *bench) update(fn func(tx *store.Tx) error) {
	b.t.Helper()
	b.must(b.DB.Update(b.ctx, fn))
}

// artifact makes an artifact of that URI and type.
func (b *bench) artifact(uri, typ string) string {
	b.t.Helper()
	out, err := b.CreateArtifact(b.ctx, &sagemaker.CreateArtifactInput{Source: &sagemaker.ArtifactSource{SourceUri: &uri}, ArtifactType: &typ})
	b.must(err)
	return *out.ArtifactArn
}

// action and context make one of that name, which is its type, too.
func (b *bench) action(name string) string {
	b.t.Helper()
	out, err := b.CreateAction(b.ctx, &sagemaker.CreateActionInput{ActionName: &name, ActionType: &name, Source: &sagemaker.ActionSource{SourceUri: &name}})
	b.must(err)
	return *out.ActionArn
}

func (b *bench) context(name string) string {
	b.t.Helper()
	out, err := b.CreateContext(b.ctx, &sagemaker.CreateContextInput{ContextName: &name, ContextType: &name, Source: &sagemaker.ContextSource{SourceUri: &name}})
	b.must(err)
	return *out.ContextArn
}

// component puts the vertex of a trial component.
func (b *bench) component(name string) string {
	b.t.Helper()
	arn := aws.SageMakerARN(home, "experiment-trial-component", name)
	b.update(func(tx *store.Tx) error {
		return graph.Put(tx, &graph.Vertex{Scope: home, ARN: arn, Kind: graph.TrialComponent, Type: graph.TypeTrainingJob, Name: name})
	})
	return arn
}

func (b *bench) associate(source, destination string) {
	b.t.Helper()
	_, err := b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &source, DestinationArn: &destination, AssociationType: sagemaker.AssociationEdgeTypeContributedTo})
	b.must(err)
}

// query answers the ARNs of all pages, and the edges.
func (b *bench) query(in sagemaker.QueryLineageInput) (arns []string, edges []string) {
	b.t.Helper()
	for {
		out, err := b.QueryLineage(b.ctx, &in)
		b.must(err)
		if out.Edges == nil || out.Vertices == nil {
			b.t.Error("a list is absent from the answer")
		}
		for _, v := range out.Vertices {
			if *v.Type == "" || v.LineageType == "" {
				b.t.Errorf("an untyped vertex: %+v", v)
			}
			arns = append(arns, *v.Arn)
		}
		for _, e := range out.Edges {
			edges = append(edges, *e.SourceArn+" "+*e.DestinationArn)
		}
		if out.NextToken == nil {
			slices.Sort(edges)
			return arns, slices.Compact(edges)
		}
		in.NextToken = out.NextToken
	}
}

func ptr[T any](v T) *T { return &v }

func tags(pairs ...string) (list []*sagemaker.Tag) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, &sagemaker.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

// Co-5, Co-6, Co-17, QL-8, QL-10, QL-11: artifacts are created with tags,
// described, changed, listed and deleted; there is one for each source.
//
// covers: sagemaker.CreateArtifact sagemaker.DescribeArtifact sagemaker.UpdateArtifact sagemaker.DeleteArtifact sagemaker.ListArtifacts
func TestArtifacts(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		hash := []*sagemaker.ArtifactSourceType{{SourceIdType: sagemaker.ArtifactSourceIdTypeMD5Hash, Value: ptr("1")}, {SourceIdType: sagemaker.ArtifactSourceIdTypeS3ETag, Value: ptr("2")}}
		in := &sagemaker.CreateArtifactInput{
			ArtifactName: ptr("mine"), ArtifactType: ptr("DataSet"), Source: &sagemaker.ArtifactSource{SourceUri: ptr("s3://b/data"), SourceTypes: hash},
			Properties: map[string]string{"k1": "v1", "k2": ""}, MetadataProperties: &sagemaker.MetadataProperties{CommitId: ptr("c0ffee")}, Tags: tags("t", "u"),
		}
		made, err := b.CreateArtifact(b.ctx, in)
		b.must(err)
		out, err := b.DescribeArtifact(b.ctx, &sagemaker.DescribeArtifactInput{ArtifactArn: made.ArtifactArn})
		b.must(err)
		if *out.ArtifactName != "mine" || *out.ArtifactType != "DataSet" || *out.Source.SourceUri != "s3://b/data" || len(out.Source.SourceTypes) != 2 ||
			len(out.Properties) != 2 || *out.MetadataProperties.CommitId != "c0ffee" || *out.LineageGroupArn != graph.GroupARN(home) ||
			out.CreatedBy == nil || !out.CreationTime.Equal(*out.LastModifiedTime) {
			b.t.Errorf("described %+v", out)
		}
		again := *in
		again.Source = &sagemaker.ArtifactSource{SourceUri: in.Source.SourceUri, SourceTypes: []*sagemaker.ArtifactSourceType{hash[1], hash[0]}}
		_, err = b.CreateArtifact(b.ctx, &again)
		b.refused("the same source", err, aws.ValidationException, "already exists")
		twin, err := b.CreateArtifact(as(b.t, away), in)
		b.must(err)
		if id := func(arn string) string { return arn[strings.LastIndexByte(arn, '/'):] }; id(*twin.ArtifactArn) != id(*made.ArtifactArn) {
			b.t.Errorf("twins: %s, %s", *twin.ArtifactArn, *made.ArtifactArn)
		}
		plain := b.artifact("s3://b/data", "Model") // the same URI, whatever its content

		_, err = b.UpdateArtifact(b.ctx, &sagemaker.UpdateArtifactInput{ArtifactArn: made.ArtifactArn, ArtifactName: ptr("ours"), PropertiesToRemove: []string{"k1", "none"}})
		b.must(err)
		out, err = b.DescribeArtifact(b.ctx, &sagemaker.DescribeArtifactInput{ArtifactArn: made.ArtifactArn})
		b.must(err)
		if _, gone := out.Properties["k1"]; gone || len(out.Properties) != 1 || *out.ArtifactName != "ours" || out.LastModifiedTime.Before(*out.CreationTime) {
			b.t.Errorf("after removing a property: %+v", out)
		}
		_, err = b.UpdateArtifact(b.ctx, &sagemaker.UpdateArtifactInput{ArtifactArn: made.ArtifactArn, Properties: map[string]string{"k3": "v3"}, PropertiesToRemove: []string{"k2"}})
		b.must(err)
		if found, _ := b.query(sagemaker.QueryLineageInput{Filters: &sagemaker.QueryFilters{Properties: map[string]string{"k3": "v3"}}}); !slices.Equal(found, []string{*made.ArtifactArn}) {
			b.t.Errorf("by the new property: %v", found)
		}
		for _, c := range []struct {
			in   sagemaker.ListArtifactsInput
			want []string
		}{
			{sagemaker.ListArtifactsInput{}, []string{plain, *made.ArtifactArn}},
			{sagemaker.ListArtifactsInput{SortOrder: sagemaker.SortOrderAscending}, []string{*made.ArtifactArn, plain}},
			{sagemaker.ListArtifactsInput{SourceUri: ptr("s3://b/data")}, []string{plain, *made.ArtifactArn}},
			{sagemaker.ListArtifactsInput{SourceUri: ptr("s3://b/dat")}, nil},
			{sagemaker.ListArtifactsInput{SourceUri: ptr("s3://b/data"), ArtifactType: ptr("Model")}, []string{plain}},
			{sagemaker.ListArtifactsInput{CreatedAfter: out.CreationTime, CreatedBefore: out.CreationTime}, []string{*made.ArtifactArn}},
		} {
			list, err := b.ListArtifacts(b.ctx, &c.in)
			b.must(err)
			var got []string
			for _, s := range list.ArtifactSummaries {
				got = append(got, *s.ArtifactArn)
			}
			if !slices.Equal(got, c.want) {
				b.t.Errorf("list %+v: %v", c.in, got)
			}
		}
		_, err = b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{})
		b.refused("neither ARN nor source", err, aws.ValidationException, "Either ArtifactArn or Source")
		_, err = b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: &plain, Source: in.Source})
		b.refused("ARN and source of two", err, aws.ValidationException, "different artifacts")
		gone, err := b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{Source: in.Source})
		b.must(err)
		if *gone.ArtifactArn != *made.ArtifactArn {
			b.t.Errorf("deleted %s", *gone.ArtifactArn)
		}
		_, err = b.DeleteArtifact(b.ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: made.ArtifactArn})
		b.refused("deleted twice", err, aws.ResourceNotFound, "does not exist")
		b.update(func(tx *store.Tx) error {
			left, err := store.Tags(tx, home, *made.ArtifactArn)
			if len(left) > 0 {
				b.t.Errorf("tags of the deleted: %v", left)
			}
			return err
		})
		_, err = b.CreateArtifact(b.ctx, in)
		b.must(err)
	})
}

// Co-5, Co-6, QL-11: the same of actions, which are addressed by name in any
// letter case, and described by ARN, too.
//
// covers: sagemaker.CreateAction sagemaker.DescribeAction sagemaker.UpdateAction sagemaker.DeleteAction sagemaker.ListActions
func TestActions(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		made, err := b.CreateAction(b.ctx, &sagemaker.CreateActionInput{
			ActionName: ptr("Deploy-1"), ActionType: ptr("ModelDeployment"), Description: ptr("first"), Status: sagemaker.ActionStatusInProgress,
			Source: &sagemaker.ActionSource{SourceUri: ptr("x"), SourceType: ptr("ARN"), SourceId: ptr("7")}, Properties: map[string]string{"a": "b"}, Tags: tags("t", "u"),
		})
		b.must(err)
		_, err = b.CreateAction(b.ctx, &sagemaker.CreateActionInput{ActionName: ptr("deploy-1"), ActionType: ptr("x"), Source: &sagemaker.ActionSource{SourceUri: ptr("y")}})
		b.refused("the name in another case", err, aws.ValidationException, "already exists")
		_, err = b.UpdateAction(b.ctx, &sagemaker.UpdateActionInput{ActionName: ptr("Deploy-1"), Status: sagemaker.ActionStatusCompleted, Description: ptr("done")})
		b.must(err)
		for _, name := range []string{"Deploy-1", "DEPLOY-1", *made.ActionArn, strings.Replace(*made.ActionArn, "deploy", "Deploy", 1)} {
			out, err := b.DescribeAction(b.ctx, &sagemaker.DescribeActionInput{ActionName: &name})
			b.must(err)
			if *out.ActionName != "Deploy-1" || out.Status != sagemaker.ActionStatusCompleted || *out.Description != "done" || *out.Source.SourceId != "7" ||
				*out.ActionType != "ModelDeployment" || out.Properties["a"] != "b" || *out.ActionArn != *made.ActionArn {
				b.t.Errorf("described %+v", out)
			}
		}
		b.action("other")
		list, err := b.ListActions(b.ctx, &sagemaker.ListActionsInput{SortBy: sagemaker.SortActionsByName, SortOrder: sagemaker.SortOrderAscending})
		b.must(err)
		if len(list.ActionSummaries) != 2 || *list.ActionSummaries[0].ActionName != "Deploy-1" || list.ActionSummaries[0].Status != sagemaker.ActionStatusCompleted {
			b.t.Errorf("list: %+v", list.ActionSummaries)
		}
		list, err = b.ListActions(b.ctx, &sagemaker.ListActionsInput{ActionType: ptr("other"), SourceUri: ptr("other")})
		b.must(err)
		if len(list.ActionSummaries) != 1 {
			b.t.Errorf("by type: %+v", list.ActionSummaries)
		}
		_, err = b.DeleteAction(b.ctx, &sagemaker.DeleteActionInput{ActionName: ptr("Deploy-1")})
		b.must(err)
		_, err = b.DescribeAction(b.ctx, &sagemaker.DescribeActionInput{ActionName: made.ActionArn})
		b.refused("deleted", err, aws.ResourceNotFound, "does not exist")
	})
}

// Co-5, Co-6, QL-11: the same of contexts.
//
// covers: sagemaker.CreateContext sagemaker.DescribeContext sagemaker.UpdateContext sagemaker.DeleteContext sagemaker.ListContexts
func TestContexts(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		made, err := b.CreateContext(b.ctx, &sagemaker.CreateContextInput{
			ContextName: ptr("an_Endpoint"), ContextType: ptr("Endpoint"), Description: ptr("d"),
			Source: &sagemaker.ContextSource{SourceUri: ptr("arn:x"), SourceType: ptr("ARN")}, Properties: map[string]string{"a": "b"},
		})
		b.must(err)
		_, err = b.UpdateContext(b.ctx, &sagemaker.UpdateContextInput{ContextName: ptr("an_Endpoint"), Properties: map[string]string{}})
		b.must(err)
		out, err := b.DescribeContext(b.ctx, &sagemaker.DescribeContextInput{ContextName: made.ContextArn})
		b.must(err)
		if *out.ContextName != "an_Endpoint" || len(out.Properties) != 0 || *out.Description != "d" || *out.Source.SourceType != "ARN" {
			b.t.Errorf("described %+v", out)
		}
		list, err := b.ListContexts(b.ctx, &sagemaker.ListContextsInput{SourceUri: ptr("arn:x"), ContextType: ptr("Endpoint")})
		b.must(err)
		if len(list.ContextSummaries) != 1 || *list.ContextSummaries[0].ContextArn != *made.ContextArn {
			b.t.Errorf("list: %+v", list.ContextSummaries)
		}
		many := map[string]string{}
		for i := range 31 {
			many[fmt.Sprint(i)] = "v"
		}
		b.must(func() error {
			action := b.action("a")
			_, err := b.UpdateAction(b.ctx, &sagemaker.UpdateActionInput{ActionName: ptr("a"), Properties: many, PropertiesToRemove: []string{"30"}})
			_ = action
			return err
		}())
		_, err = b.UpdateContext(b.ctx, &sagemaker.UpdateContextInput{ContextName: ptr("an_Endpoint"), Properties: many})
		b.refused("31 properties", err, aws.ValidationException, "at most 30")
		_, err = b.DeleteContext(b.ctx, &sagemaker.DeleteContextInput{ContextName: ptr("an_Endpoint")})
		b.must(err)
		_, err = b.DeleteContext(b.ctx, &sagemaker.DeleteContextInput{ContextName: ptr("an_Endpoint")})
		b.refused("deleted twice", err, aws.ResourceNotFound, "does not exist")
	})
}

// Gen-1, Gen-3, QL-10: strangers' entities do not exist, ARNs of other kinds are
// no names, and NUL is refused.
func TestRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		arn := b.artifact("s3://b/x", "DataSet")
		b.context("c")
		for _, scope := range []aws.Scope{away, {Account: home.Account, Region: "eu-west-1"}} {
			ctx := as(b.t, scope)
			_, err := b.DescribeArtifact(ctx, &sagemaker.DescribeArtifactInput{ArtifactArn: &arn})
			b.refused("a stranger's artifact", err, aws.ResourceNotFound, "does not exist")
			_, err = b.DeleteArtifact(ctx, &sagemaker.DeleteArtifactInput{ArtifactArn: &arn})
			b.refused("deleting a stranger's artifact", err, aws.ResourceNotFound, "does not exist")
			_, err = b.DescribeContext(ctx, &sagemaker.DescribeContextInput{ContextName: ptr("c")})
			b.refused("a stranger's context", err, aws.ResourceNotFound, "does not exist")
			_, err = b.QueryLineage(ctx, &sagemaker.QueryLineageInput{StartArns: []string{arn}})
			b.refused("a stranger's start", err, aws.ResourceNotFound, "does not exist")
			_, err = b.ListAssociations(ctx, &sagemaker.ListAssociationsInput{SourceArn: &arn})
			b.refused("a stranger's source", err, aws.ResourceNotFound, "does not exist")
			_, err = b.AddAssociation(ctx, &sagemaker.AddAssociationInput{SourceArn: &arn, DestinationArn: &arn})
			b.refused("a stranger's association", err, aws.ResourceNotFound, "does not exist")
		}
		_, err := b.DescribeContext(b.ctx, &sagemaker.DescribeContextInput{ContextName: &arn})
		b.refused("an artifact for a context", err, aws.ValidationException, "is not the ARN of context")
		_, err = b.CreateAction(b.ctx, &sagemaker.CreateActionInput{ActionName: ptr("n"), ActionType: ptr("a\x00b"), Source: &sagemaker.ActionSource{SourceUri: ptr("x")}})
		b.refused("NUL", err, aws.ValidationException, "NUL")
		_, err = b.ListArtifacts(b.ctx, &sagemaker.ListArtifactsInput{ArtifactType: ptr("\x00")})
		b.refused("NUL in a filter", err, aws.ValidationException, "NUL")
		hostile := `s3://b/'; DROP TABLE lineage_vertex; --%00"\`
		b.artifact(hostile, `x' OR '1'='1`)
		list, err := b.ListArtifacts(b.ctx, &sagemaker.ListArtifactsInput{SourceUri: &hostile, ArtifactType: ptr(`x' OR '1'='1`)})
		b.must(err)
		if len(list.ArtifactSummaries) != 1 || *list.ArtifactSummaries[0].Source.SourceUri != hostile {
			b.t.Errorf("hostile strings: %+v", list.ArtifactSummaries)
		}
	})
}

// Assoc-3, Err-6, AddAssociation-4: what users make is counted, what appears by
// itself is not.
func TestQuotas(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.Quotas = kit.Quotas{"artifacts": 2, "actions": 1, "contexts": 1, "associations": 1}
		job := b.component("j")
		b.update(func(tx *store.Tx) error {
			return b.RecordJob(tx, home, graph.Job{Component: job, Inputs: []graph.Data{{URI: "s3://b/1", Type: "DataSet"}, {URI: "s3://b/2", Type: "DataSet"}, {URI: "s3://b/3", Type: "DataSet"}}})
		})
		one, two := b.artifact("one", "x"), b.artifact("two", "x")
		_, err := b.CreateArtifact(b.ctx, &sagemaker.CreateArtifactInput{ArtifactType: ptr("x"), Source: &sagemaker.ArtifactSource{SourceUri: ptr("three")}})
		b.refused("artifacts", err, aws.ResourceLimitExceeded, "artifacts")
		action := b.action("a")
		_, err = b.CreateAction(b.ctx, &sagemaker.CreateActionInput{ActionName: ptr("b"), ActionType: ptr("x"), Source: &sagemaker.ActionSource{SourceUri: ptr("x")}})
		b.refused("actions", err, aws.ResourceLimitExceeded, "actions")
		b.context("a")
		_, err = b.CreateContext(b.ctx, &sagemaker.CreateContextInput{ContextName: ptr("b"), ContextType: ptr("x"), Source: &sagemaker.ContextSource{SourceUri: ptr("x")}})
		b.refused("contexts", err, aws.ResourceLimitExceeded, "contexts")
		b.associate(one, action)
		_, err = b.AddAssociation(b.ctx, &sagemaker.AddAssociationInput{SourceArn: &two, DestinationArn: &action})
		b.refused("associations", err, aws.ResourceLimitExceeded, "associations")
		_, err = b.UpdateArtifact(b.ctx, &sagemaker.UpdateArtifactInput{ArtifactArn: &one, ArtifactName: ptr("n")})
		b.must(err) // and still counts:
		_, err = b.CreateArtifact(b.ctx, &sagemaker.CreateArtifactInput{ArtifactType: ptr("x"), Source: &sagemaker.ArtifactSource{SourceUri: ptr("three")}})
		b.refused("artifacts after a change", err, aws.ResourceLimitExceeded, "artifacts")
	})
}

// QL-10, QL-11: the group appears with the first entity.
//
// covers: sagemaker.ListLineageGroups sagemaker.DescribeLineageGroup sagemaker.GetLineageGroupPolicy
func TestGroups(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		describe := func(name string) (*sagemaker.DescribeLineageGroupOutput, error) {
			return b.DescribeLineageGroup(b.ctx, &sagemaker.DescribeLineageGroupInput{LineageGroupName: &name})
		}
		_, err := describe(graph.GroupName)
		b.refused("a group before any entity", err, aws.ResourceNotFound, "does not exist")
		list, err := b.ListLineageGroups(b.ctx, &sagemaker.ListLineageGroupsInput{})
		b.must(err)
		if list.LineageGroupSummaries == nil || len(list.LineageGroupSummaries) > 0 {
			b.t.Errorf("groups before any entity: %v", list.LineageGroupSummaries)
		}
		b.context("c")
		out, err := describe(graph.GroupName)
		b.must(err)
		if *out.LineageGroupArn != graph.GroupARN(home) || out.CreationTime.IsZero() {
			b.t.Errorf("described %+v", out)
		}
		_, err = describe("other")
		b.refused("another group", err, aws.ResourceNotFound, "The only one is")
		_, err = b.GetLineageGroupPolicy(b.ctx, &sagemaker.GetLineageGroupPolicyInput{LineageGroupName: out.LineageGroupArn})
		b.refused("the policy", err, aws.ResourceNotFound, "Cannot find resource policy")
		_, err = b.GetLineageGroupPolicy(b.ctx, &sagemaker.GetLineageGroupPolicyInput{LineageGroupName: ptr(graph.GroupARN(away))})
		b.refused("a stranger's policy", err, aws.ResourceNotFound, "does not exist")
		later := out.CreationTime.Add(time.Microsecond)
		for want, in := range map[int]*sagemaker.ListLineageGroupsInput{1: {CreatedAfter: out.CreationTime, CreatedBefore: out.CreationTime}, 0: {CreatedAfter: &later}} {
			list, err := b.ListLineageGroups(b.ctx, in)
			b.must(err)
			if len(list.LineageGroupSummaries) != want {
				b.t.Errorf("%+v: %v", in, list.LineageGroupSummaries)
			}
		}
		_, err = b.ListLineageGroups(b.ctx, &sagemaker.ListLineageGroupsInput{NextToken: ptr("x")})
		b.refused("a token", err, aws.ValidationException, "token")
	})
}
