package experiment

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Co-8: a component is described as it was made; an update replaces what has the
// same name, keeps the rest, and removes what is named; it is found by name in any
// letter case and by ARN.
//
// covers: sagemaker.CreateTrialComponent sagemaker.DescribeTrialComponent sagemaker.UpdateTrialComponent
func TestComponent(t *testing.T) {
	each(t, func(b *bundle) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		made, err := b.CreateTrialComponent(b.ctx, &sagemaker.CreateTrialComponentInput{
			TrialComponentName: aws.Ptr("My-Run"), StartTime: &start, Status: &sagemaker.TrialComponentStatus{PrimaryStatus: "InProgress", Message: aws.Ptr("m")},
			Parameters:      parameters{"a": number(1), "b": text("x"), "c": text("'; DROP TABLE resource; --")},
			InputArtifacts:  artifacts{"in": artifact("s3://b/in")},
			OutputArtifacts: artifacts{"out": {Value: aws.Ptr("s3://b/out"), MediaType: aws.Ptr("text/plain")}, "old": artifact("s3://b/old")},
		})
		arn := "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/my-run"
		if got := *ok(b, made, err).TrialComponentArn; got != arn {
			b.t.Errorf("ARN %s", got)
		}
		_, err = b.CreateTrialComponent(b.ctx, &sagemaker.CreateTrialComponentInput{TrialComponentName: aws.Ptr("my-run")})
		refused(b.t, err, aws.ValidationException, "already exists")
		end := start.Add(time.Minute)
		changed, err := b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{
			TrialComponentName: aws.Ptr("MY-RUN"), DisplayName: aws.Ptr("Shown"), EndTime: &end, Status: &sagemaker.TrialComponentStatus{PrimaryStatus: "Completed"},
			Parameters: parameters{"a": text("now text"), "d": number(-0.5)}, ParametersToRemove: []string{"b", "never there"},
			OutputArtifacts: artifacts{"new": artifact("s3://b/new")}, OutputArtifactsToRemove: []string{"old"}, InputArtifactsToRemove: []string{"in"},
		})
		ok(b, changed, err)
		for _, name := range []string{"My-Run", "my-run", arn} {
			d := b.describe(name)
			if *d.TrialComponentName != "My-Run" || *d.TrialComponentArn != arn || *d.DisplayName != "Shown" || !d.StartTime.Equal(start) || !d.EndTime.Equal(end) ||
				d.Status.PrimaryStatus != "Completed" || d.Status.Message != nil || d.Source != nil || len(d.Metrics) != 0 {
				b.t.Errorf("%s: described as %+v", name, d)
			}
			if got, want := show(d.Parameters), "map[a:now text c:'; DROP TABLE resource; -- d:-0.5]"; got != want {
				b.t.Errorf("parameters %s, want %s", got, want)
			}
			if len(d.InputArtifacts) != 0 || len(d.OutputArtifacts) != 2 || *d.OutputArtifacts["new"].Value != "s3://b/new" || *d.OutputArtifacts["out"].MediaType != "text/plain" {
				b.t.Errorf("artifacts %v, %v", d.InputArtifacts, d.OutputArtifacts)
			}
		}
	})
}

// The times of a component are the caller's: an end before the start is kept, as
// trackers that are opened again send it, whichever of the two comes last (D-169).
func TestTimesAreKeptAsGiven(t *testing.T) {
	each(t, func(b *bundle) {
		late := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		early := late.Add(-time.Hour)
		for name, c := range map[string][4]*time.Time{ // created with start and end, updated with start and end
			"at-once": {&late, &early, nil, nil}, "end-later": {&late, nil, nil, &early}, "start-later": {nil, &early, &late, nil}, "both-later": {&early, &late, &late, &early},
		} {
			made, err := b.CreateTrialComponent(b.ctx, &sagemaker.CreateTrialComponentInput{TrialComponentName: &name, StartTime: c[0], EndTime: c[1]})
			ok(b, made, err)
			changed, err := b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{TrialComponentName: &name, StartTime: c[2], EndTime: c[3]})
			ok(b, changed, err)
			if d := b.describe(name); !d.StartTime.Equal(late) || !d.EndTime.Equal(early) {
				b.t.Errorf("%s: from %v to %v", name, d.StartTime, d.EndTime)
			}
		}
	})
}

// Co-8: 300 parameters, 60 artifacts each way, a number xor a string; an update
// that would break a bound changes nothing.
func TestComponentRefuses(t *testing.T) {
	each(t, func(b *bundle) {
		params := func(from, n int) parameters {
			p := parameters{}
			for i := range n {
				p[fmt.Sprint("p", from+i)] = number(1)
			}
			return p
		}
		files := func(n int) artifacts {
			a := artifacts{}
			for i := range n {
				a[fmt.Sprint("a", i)] = artifact("s3://b/k")
			}
			return a
		}
		for words, in := range map[string]*sagemaker.CreateTrialComponentInput{
			"would have 301 Parameters":      {Parameters: params(0, 301)},
			"would have 61 InputArtifacts":   {InputArtifacts: files(61)},
			"would have 61 OutputArtifacts":  {OutputArtifacts: files(61)},
			"both a StringValue and a":       {Parameters: parameters{"p": {StringValue: aws.Ptr("s"), NumberValue: aws.Ptr(1.0)}}},
			"neither a StringValue nor":      {Parameters: parameters{"p": {}}},
			`parameter "p" is not a finite`:  {Parameters: parameters{"p": number(math.NaN())}},
			`parameter "p'" is not a finite`: {Parameters: parameters{"p'": number(math.Inf(-1))}},
		} {
			in.TrialComponentName = aws.Ptr("refused")
			_, err := b.CreateTrialComponent(b.ctx, in)
			refused(b.t, err, aws.ValidationException, words)
		}
		if got := b.names(sagemaker.ListTrialComponentsInput{}); got != "" {
			b.t.Fatalf("made %s", got)
		}
		made, err := b.CreateTrialComponent(b.ctx, &sagemaker.CreateTrialComponentInput{
			TrialComponentName: aws.Ptr("full"), Parameters: params(0, 300), InputArtifacts: files(60), OutputArtifacts: files(60),
		})
		ok(b, made, err)
		_, err = b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{TrialComponentName: aws.Ptr("full"), DisplayName: aws.Ptr("no"), Parameters: params(300, 1)})
		refused(b.t, err, aws.ValidationException, "would have 301 Parameters")
		if d := b.describe("full"); *d.DisplayName != "full" || len(d.Parameters) != 300 {
			b.t.Errorf("changed all the same: %s, %d parameters", *d.DisplayName, len(d.Parameters))
		}
		swapped, err := b.UpdateTrialComponent(b.ctx, &sagemaker.UpdateTrialComponentInput{TrialComponentName: aws.Ptr("full"), Parameters: params(300, 1), ParametersToRemove: []string{"p0"}})
		ok(b, swapped, err)
	})
}

// Co-8, Co-9: a component belongs to any number of trials; lists by experiment,
// trial, component and source; the newest come first; what is in a trial cannot be
// deleted, nor can the trial.
//
// covers: sagemaker.AssociateTrialComponent sagemaker.DisassociateTrialComponent sagemaker.DeleteTrialComponent
// covers: sagemaker.ListTrialComponents sagemaker.ListTrials
func TestMembership(t *testing.T) {
	each(t, func(b *bundle) {
		b.experiment("E1")
		b.experiment("e2")
		b.trial("e1", "T1")
		b.trial("e1", "t2")
		b.trial("e2", "t3")
		for _, c := range []string{"c1", "C2", "c3", "c4"} {
			b.component(c)
		}
		for _, pair := range []string{"t1 c1", "T1 c2", "t2 c1", "t3 C1", "t3 c3", "t1 C1"} {
			trial, component, _ := strings.Cut(pair, " ")
			b.associate(trial, component)
		}
		one := aws.Ptr[int32](1)
		for want, got := range map[string]string{
			"c4 c3 C2 c1":  b.names(sagemaker.ListTrialComponentsInput{MaxResults: one}),
			"C2 c1":        b.names(sagemaker.ListTrialComponentsInput{ExperimentName: aws.Ptr("e1"), MaxResults: one}),
			"c3 c1":        b.names(sagemaker.ListTrialComponentsInput{TrialName: aws.Ptr("T3")}),
			"c1 C2":        b.names(sagemaker.ListTrialComponentsInput{TrialName: aws.Ptr("t1"), SortBy: "Name", SortOrder: "Ascending", MaxResults: one}),
			"c1":           b.names(sagemaker.ListTrialComponentsInput{TrialName: aws.Ptr("t2")}),
			"":             b.names(sagemaker.ListTrialComponentsInput{SourceArn: aws.Ptr("arn:aws:sagemaker:us-east-1:123456789012:training-job/x")}),
			"t3 t2 T1":     b.trialNames(sagemaker.ListTrialsInput{MaxResults: one}),
			"t2 T1":        b.trialNames(sagemaker.ListTrialsInput{ExperimentName: aws.Ptr("E1"), TrialComponentName: aws.Ptr("c1")}),
			"T1":           b.trialNames(sagemaker.ListTrialsInput{TrialComponentName: aws.Ptr("c2")}),
			"T1 t2 t3 (↑)": b.trialNames(sagemaker.ListTrialsInput{TrialComponentName: aws.Ptr("c1"), SortOrder: "Ascending"}) + " (↑)",
		} {
			if got != want {
				b.t.Errorf("got %q, want %q", got, want)
			}
		}
		for _, in := range []*sagemaker.ListTrialComponentsInput{
			{TrialName: aws.Ptr("t1"), ExperimentName: aws.Ptr("e1")}, {TrialName: aws.Ptr("t1"), SourceArn: aws.Ptr("arn:x")}, {ExperimentName: aws.Ptr("e1"), SourceArn: aws.Ptr("arn:x")},
		} {
			_, err := b.ListTrialComponents(b.ctx, in)
			refused(b.t, err, aws.ValidationException, "exclude each other")
		}
		for _, source := range []string{"", "x", "arn:\x00"} {
			_, err := b.ListTrialComponents(b.ctx, &sagemaker.ListTrialComponentsInput{SourceArn: &source})
			refused(b.t, err, aws.ValidationException, "is not an ARN")
		}
		first, err := b.ListTrialComponents(b.ctx, &sagemaker.ListTrialComponentsInput{TrialName: aws.Ptr("t1"), MaxResults: one})
		ok(b, first, err)
		_, err = b.ListTrialComponents(b.ctx, &sagemaker.ListTrialComponentsInput{TrialName: aws.Ptr("t3"), NextToken: first.NextToken})
		refused(b.t, err, aws.ValidationException, "Invalid pagination token")

		_, err = b.DeleteTrial(b.ctx, &sagemaker.DeleteTrialInput{TrialName: aws.Ptr("t2")})
		refused(b.t, err, aws.ValidationException, `because it has trial components ("c1")`)
		_, err = b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("c1")})
		refused(b.t, err, aws.ValidationException, `associated with the trial "T1"`)
		_, err = b.DisassociateTrialComponent(b.ctx, &sagemaker.DisassociateTrialComponentInput{TrialName: aws.Ptr("t2"), TrialComponentName: aws.Ptr("c4")})
		refused(b.t, err, aws.ResourceNotFound, `"c4" is not associated with the trial "t2"`)
		for _, trial := range []string{"t1", "t2", "T3"} {
			out, err := b.DisassociateTrialComponent(b.ctx, &sagemaker.DisassociateTrialComponentInput{TrialName: &trial, TrialComponentName: aws.Ptr("c1")})
			ok(b, out, err)
		}
		deleted, err := b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("c1")})
		ok(b, deleted, err)
		gone, err := b.DeleteTrial(b.ctx, &sagemaker.DeleteTrialInput{TrialName: aws.Ptr("t2")})
		ok(b, gone, err)
		if got := b.names(sagemaker.ListTrialComponentsInput{ExperimentName: aws.Ptr("e1")}); got != "C2" {
			b.t.Errorf("left in e1: %s", got)
		}
	})
}

// Gen-5: experiments are listed by creation or name, within bounds of time.
//
// covers: sagemaker.ListExperiments
func TestListExperiments(t *testing.T) {
	each(t, func(b *bundle) {
		for _, name := range []string{"b", "C", "a"} {
			b.experiment(name)
		}
		list := func(in sagemaker.ListExperimentsInput) (names string) {
			for {
				out, err := b.ListExperiments(b.ctx, &in)
				for _, s := range ok(b, out, err).ExperimentSummaries {
					names += *s.ExperimentName
					if *s.DisplayName != *s.ExperimentName || s.CreationTime == nil || s.LastModifiedTime == nil || *s.ExperimentArn != experiments.ARN(home, *s.ExperimentName) {
						b.t.Errorf("summary %+v", s)
					}
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return names
				}
			}
		}
		d, err := b.DescribeExperiment(b.ctx, &sagemaker.DescribeExperimentInput{ExperimentName: aws.Ptr("c")})
		middle := ok(b, d, err).CreationTime
		for want, in := range map[string]sagemaker.ListExperimentsInput{
			"aCb": {MaxResults: aws.Ptr[int32](1)},
			"bCa": {MaxResults: aws.Ptr[int32](2), SortOrder: "Ascending"},
			"abC": {SortBy: "Name", SortOrder: "Ascending", MaxResults: aws.Ptr[int32](1)},
			"a":   {CreatedAfter: middle},
			"b":   {CreatedBefore: middle},
		} {
			if got := list(in); got != want {
				b.t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
	})
}

// AddAssociation-2, QL-6: experiments and components are entities of the lineage
// graph, those of jobs with the kind of job, until they are deleted; then their
// associations are gone too.
func TestVertices(t *testing.T) {
	each(t, func(b *bundle) {
		b.experiment("Exp")
		b.component("Run")
		b.record(trainingJob("Job", nil))
		find := func(arn string) (v *lineage.Vertex, err error) {
			err = b.DB.View(b.ctx, func(tx *store.Tx) (err error) { v, err = lineage.Find(tx, home, arn); return err })
			return v, err
		}
		run, job := components.ARN(home, "run"), components.ARN(home, "job"+componentSuffix)
		for arn, want := range map[string]lineage.Vertex{
			experiments.ARN(home, "exp"): {Kind: lineage.Experiment, Type: "Experiment", Name: "Exp"},
			run:                          {Kind: lineage.TrialComponent, Type: "TrialComponent", Name: "Run"},
			job:                          {Kind: lineage.TrialComponent, Type: "TrainingJob", Name: "Job-aws-training-job"},
		} {
			v, err := find(arn)
			if ok(b, v, err); v.Kind != want.Kind || v.Type != want.Type || v.Name != want.Name || v.Manual {
				b.t.Errorf("%s: %+v", arn, v)
			}
		}
		err := b.DB.Update(b.ctx, func(tx *store.Tx) error {
			from, err := lineage.Find(tx, home, job)
			if err != nil {
				return err
			}
			to, err := lineage.Find(tx, home, run)
			if err != nil {
				return err
			}
			return lineage.Associate(tx, lineage.Association{Source: from, Destination: to})
		})
		ok(b, 0, err)
		for _, name := range []string{"run", "job" + componentSuffix} {
			out, err := b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: &name})
			ok(b, out, err)
		}
		out, err := b.DeleteExperiment(b.ctx, &sagemaker.DeleteExperimentInput{ExperimentName: aws.Ptr("exp")})
		ok(b, out, err)
		for _, arn := range []string{run, job, experiments.ARN(home, "exp")} {
			if _, err := find(arn); !errors.Is(err, store.ErrNotFound) {
				b.t.Errorf("%s: %v", arn, err)
			}
		}
	})
}
