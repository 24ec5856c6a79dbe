package experiment

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Co-8, Gen-2, Gen-3: an experiment and its trials are made, described by any
// spelling of the name, changed and deleted; a name that is taken in any letter
// case is the ValidationException "already exists" that the SDK looks for; an
// experiment with trials stays.
//
// covers: sagemaker.CreateExperiment sagemaker.DescribeExperiment sagemaker.UpdateExperiment sagemaker.DeleteExperiment
// covers: sagemaker.CreateTrial sagemaker.DescribeTrial sagemaker.UpdateTrial sagemaker.DeleteTrial
func TestExperimentAndTrial(t *testing.T) {
	each(t, func(b *bundle) {
		made, err := b.CreateExperiment(b.ctx, &sagemaker.CreateExperimentInput{
			ExperimentName: aws.Ptr("Churn"), Description: aws.Ptr("who leaves"), Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}},
		})
		arn := "arn:aws:sagemaker:us-east-1:123456789012:experiment/churn"
		if got := *ok(b, made, err).ExperimentArn; got != arn {
			b.t.Errorf("ARN %s", got)
		}
		for _, again := range []string{"Churn", "churn"} {
			_, err := b.CreateExperiment(b.ctx, &sagemaker.CreateExperimentInput{ExperimentName: &again})
			refused(b.t, err, aws.ValidationException, "already exists")
		}
		_, err = b.CreateTrial(b.ctx, &sagemaker.CreateTrialInput{ExperimentName: aws.Ptr("nope"), TrialName: aws.Ptr("t")})
		refused(b.t, err, aws.ResourceNotFound, `Could not find experiment "nope"`)
		trial, err := b.CreateTrial(b.ctx, &sagemaker.CreateTrialInput{
			ExperimentName: aws.Ptr("CHURN"), TrialName: aws.Ptr("First-Try"), MetadataProperties: &sagemaker.MetadataProperties{CommitId: aws.Ptr("abc")},
		})
		if got := *ok(b, trial, err).TrialArn; got != "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial/first-try" {
			b.t.Errorf("ARN %s", got)
		}
		_, err = b.CreateTrial(b.ctx, &sagemaker.CreateTrialInput{ExperimentName: aws.Ptr("Churn"), TrialName: aws.Ptr("FIRST-try")})
		refused(b.t, err, aws.ValidationException, "Trial with name FIRST-try already exists")
		changed, err := b.UpdateExperiment(b.ctx, &sagemaker.UpdateExperimentInput{ExperimentName: aws.Ptr("cHURN"), DisplayName: aws.Ptr("Shown"), Description: aws.Ptr("")})
		ok(b, changed, err)
		e, err := b.DescribeExperiment(b.ctx, &sagemaker.DescribeExperimentInput{ExperimentName: aws.Ptr("churn")})
		if ok(b, e, err); *e.ExperimentName != "Churn" || *e.ExperimentArn != arn || *e.DisplayName != "Shown" || e.Description != nil ||
			e.CreatedBy == nil || e.LastModifiedBy == nil || e.LastModifiedTime.Before(*e.CreationTime) {
			b.t.Errorf("described as %+v", e)
		}
		renamed, err := b.UpdateTrial(b.ctx, &sagemaker.UpdateTrialInput{TrialName: aws.Ptr("first-try"), DisplayName: aws.Ptr("Other")})
		ok(b, renamed, err)
		d, err := b.DescribeTrial(b.ctx, &sagemaker.DescribeTrialInput{TrialName: aws.Ptr("FIRST-TRY")})
		if ok(b, d, err); *d.TrialName != "First-Try" || *d.DisplayName != "Other" || *d.ExperimentName != "Churn" || *d.MetadataProperties.CommitId != "abc" {
			b.t.Errorf("described as %+v", d)
		}
		_, err = b.DeleteExperiment(b.ctx, &sagemaker.DeleteExperimentInput{ExperimentName: aws.Ptr("Churn")})
		refused(b.t, err, aws.ValidationException, `because it has trials ("First-Try")`)
		gone, err := b.DeleteTrial(b.ctx, &sagemaker.DeleteTrialInput{TrialName: aws.Ptr("First-Try")})
		ok(b, gone, err)
		deleted, err := b.DeleteExperiment(b.ctx, &sagemaker.DeleteExperimentInput{ExperimentName: aws.Ptr("Churn")})
		if *ok(b, deleted, err).ExperimentArn != arn {
			b.t.Errorf("deleted %+v", deleted)
		}
		err = b.DB.View(b.ctx, func(tx *store.Tx) error {
			tags, err := store.Tags(tx, home, arn)
			if len(tags) > 0 {
				b.t.Errorf("left behind: %v", tags)
			}
			return err
		})
		ok(b, 0, err)
		b.experiment("churn") // the name is free again
	})
}

// Gen-3, Common-*: what does not exist, or is another account's, is a
// ResourceNotFound for every operation.
func TestUnknown(t *testing.T) {
	each(t, func(b *bundle) {
		b.experiment("theirs")
		b.trial("theirs", "theirs")
		b.component("theirs")
		b.associate("theirs", "theirs")
		s := b.stranger()
		for _, name := range []string{"theirs", "nope"} {
			for what, call := range map[string]func() error{
				"DescribeExperiment": func() error {
					_, err := s.DescribeExperiment(s.ctx, &sagemaker.DescribeExperimentInput{ExperimentName: &name})
					return err
				},
				"UpdateExperiment": func() error {
					_, err := s.UpdateExperiment(s.ctx, &sagemaker.UpdateExperimentInput{ExperimentName: &name})
					return err
				},
				"DeleteExperiment": func() error {
					_, err := s.DeleteExperiment(s.ctx, &sagemaker.DeleteExperimentInput{ExperimentName: &name})
					return err
				},
				"CreateTrial": func() error {
					_, err := s.CreateTrial(s.ctx, &sagemaker.CreateTrialInput{ExperimentName: &name, TrialName: aws.Ptr("mine")})
					return err
				},
				"DescribeTrial": func() error {
					_, err := s.DescribeTrial(s.ctx, &sagemaker.DescribeTrialInput{TrialName: &name})
					return err
				},
				"UpdateTrial": func() error {
					_, err := s.UpdateTrial(s.ctx, &sagemaker.UpdateTrialInput{TrialName: &name})
					return err
				},
				"DeleteTrial": func() error {
					_, err := s.DeleteTrial(s.ctx, &sagemaker.DeleteTrialInput{TrialName: &name})
					return err
				},
				"DescribeTrialComponent": func() error {
					_, err := s.DescribeTrialComponent(s.ctx, &sagemaker.DescribeTrialComponentInput{TrialComponentName: &name})
					return err
				},
				"DescribeTrialComponent by ARN": func() error {
					_, err := s.DescribeTrialComponent(s.ctx, &sagemaker.DescribeTrialComponentInput{TrialComponentName: aws.Ptr(components.ARN(home, name))})
					return err
				},
				"UpdateTrialComponent": func() error {
					_, err := s.UpdateTrialComponent(s.ctx, &sagemaker.UpdateTrialComponentInput{TrialComponentName: &name})
					return err
				},
				"DeleteTrialComponent": func() error {
					_, err := s.DeleteTrialComponent(s.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: &name})
					return err
				},
				"AssociateTrialComponent": func() error {
					_, err := s.AssociateTrialComponent(s.ctx, &sagemaker.AssociateTrialComponentInput{TrialName: &name, TrialComponentName: &name})
					return err
				},
				"DisassociateTrialComponent": func() error {
					_, err := s.DisassociateTrialComponent(s.ctx, &sagemaker.DisassociateTrialComponentInput{TrialName: &name, TrialComponentName: &name})
					return err
				},
				"ListTrials of an experiment": func() error {
					_, err := s.ListTrials(s.ctx, &sagemaker.ListTrialsInput{ExperimentName: &name})
					return err
				},
				"ListTrials of a component": func() error {
					_, err := s.ListTrials(s.ctx, &sagemaker.ListTrialsInput{TrialComponentName: &name})
					return err
				},
				"ListTrialComponents of an experiment": func() error {
					_, err := s.ListTrialComponents(s.ctx, &sagemaker.ListTrialComponentsInput{ExperimentName: &name})
					return err
				},
				"ListTrialComponents of a trial": func() error {
					_, err := s.ListTrialComponents(s.ctx, &sagemaker.ListTrialComponentsInput{TrialName: &name})
					return err
				},
			} {
				if err := call(); aws.CodeOf(err) != aws.ResourceNotFound || !strings.Contains(err.Error(), "Could not find ") || !strings.Contains(err.Error(), name+`": it does not exist`) {
					b.t.Errorf("%s %s: %v", what, name, err)
				}
			}
		}
		if got := s.names(sagemaker.ListTrialComponentsInput{}) + s.trialNames(sagemaker.ListTrialsInput{}); got != "" {
			b.t.Errorf("a stranger sees %s", got)
		}
		e, err := s.ListExperiments(s.ctx, &sagemaker.ListExperimentsInput{})
		if len(ok(b, e, err).ExperimentSummaries) != 0 || e.ExperimentSummaries == nil {
			b.t.Errorf("a stranger sees %+v", e)
		}
	})
}
