package modelcard

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Gen-2, Gen-6: a card is created, described in each of its versions, changed in
// content and status, listed and deleted; nobody else sees it.
//
// covers: sagemaker.CreateModelCard sagemaker.DescribeModelCard sagemaker.UpdateModelCard sagemaker.DeleteModelCard
func TestCard(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		arn := b.create("Card", `{"model_overview": {"model_name": "first"}}`)
		if arn != "arn:aws:sagemaker:us-east-1:123456789012:model-card/card" {
			t.Errorf("ARN %s", arn)
		}
		must(t, b.setContent("Card", `{"model_overview":{"model_name":"second"}}`))
		must(t, b.setStatus("Card", sagemaker.ModelCardStatusApproved))
		must(t, b.setContent(arn, `{"model_overview":{"model_name":"third"}}`))
		for _, c := range []struct {
			out     *sagemaker.DescribeModelCardOutput
			version int32
			name    string
			status  sagemaker.ModelCardStatus
		}{
			{b.describe("Card"), 3, "third", "Approved"}, {b.describe(arn), 3, "third", "Approved"}, {b.describe("Card", 3), 3, "third", "Approved"},
			{b.describe("Card", 2), 2, "second", "Approved"}, {b.describe("Card", 1), 1, "first", "Draft"},
		} {
			if *c.out.ModelCardVersion != c.version || !strings.Contains(*c.out.Content, c.name) || c.out.ModelCardStatus != c.status || c.out.CreatedBy == nil ||
				*c.out.ModelCardName != "Card" || *c.out.ModelCardArn != arn || c.out.LastModifiedTime.Before(*c.out.CreationTime) {
				t.Errorf("%+v, want version %d", c.out, c.version)
			}
		}
		if *b.describe("Card", 1).Content != `{"model_overview": {"model_name": "first"}}` {
			t.Errorf("not as it was sent: %s", *b.describe("Card", 1).Content)
		}
		_, err := b.CreateModelCard(b.ctx, &sagemaker.CreateModelCardInput{ModelCardName: aws.Ptr("card"), Content: aws.Ptr("{}"), ModelCardStatus: "Draft"})
		refused(t, err, aws.ConflictException, "already exists")
		for _, version := range []int32{0, -1, 4} {
			_, err = b.DescribeModelCard(b.ctx, &sagemaker.DescribeModelCardInput{ModelCardName: aws.Ptr("Card"), ModelCardVersion: &version})
			refused(t, err, aws.ResourceNotFound, "its latest is 3")
		}
		stranger := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		_, err = b.DescribeModelCard(stranger, &sagemaker.DescribeModelCardInput{ModelCardName: &arn})
		refused(t, err, aws.ResourceNotFound, "does not exist")

		// What an update refuses.
		_, err = b.UpdateModelCard(b.ctx, &sagemaker.UpdateModelCardInput{ModelCardName: aws.Ptr("Card"), Content: aws.Ptr("{}"), ModelCardStatus: "Draft"})
		refused(t, err, aws.ValidationException, "single call")
		_, err = b.UpdateModelCard(b.ctx, &sagemaker.UpdateModelCardInput{ModelCardName: aws.Ptr("Card")})
		refused(t, err, aws.ValidationException, "nothing to update")
		refused(t, b.setContent("Card", "["), aws.ValidationException, "not JSON")
		refused(t, b.setContent("nope", "{}"), aws.ResourceNotFound, "does not exist")
		for _, to := range []sagemaker.ModelCardStatus{"PendingReview", "Archived", "Archived"} {
			must(t, b.setStatus("Card", to))
		}
		refused(t, b.setContent("Card", "{}"), aws.ValidationException, "Model Card is in Archived state")
		must(t, b.setStatus("Card", "Draft"))
		if out := b.describe("Card"); *out.ModelCardVersion != 3 {
			t.Errorf("a status made a version: %+v", out)
		}

		job, err := b.export("Card", "job", "s3://bucket", nil)
		must(t, err)
		b.await(job)
		_, err = b.DeleteModelCard(b.ctx, &sagemaker.DeleteModelCardInput{ModelCardName: aws.Ptr("Card")})
		must(t, err)
		_, err = b.DescribeModelCardExportJob(b.ctx, &sagemaker.DescribeModelCardExportJobInput{ModelCardExportJobArn: &job})
		refused(t, err, aws.ResourceNotFound, "does not exist")
		b.create("Card", "{}") // of the old one nothing is left
		if out := b.describe("Card"); *out.ModelCardVersion != 1 || *out.Content != "{}" {
			t.Errorf("%+v", out)
		}
	})
}

// Ten writers at once make the versions 2 to n + 1, each with its own content.
func TestConcurrentVersions(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.create("card", "{}")
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				if err := b.setContent("card", fmt.Sprintf(`{"model_overview":{"model_name":"n%d"}}`, i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for v := int32(1); v <= 11; v++ {
			seen[*b.describe("card", v).Content] = true
		}
		if len(seen) != 11 || *b.describe("card").ModelCardVersion != 11 {
			t.Errorf("%d contents", len(seen))
		}
	})
}

// Gen-5: cards and versions are listed in pages, by status, in both orders.
//
// covers: sagemaker.ListModelCards sagemaker.ListModelCardVersions
func TestCardLists(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		for i := range 5 {
			b.create(fmt.Sprint("card-", i), "{}")
		}
		must(t, b.setStatus("card-3", "Approved"))
		cards := func(in sagemaker.ListModelCardsInput) string {
			var names []string
			in.MaxResults = aws.Ptr[int32](2)
			for {
				out, err := b.ListModelCards(b.ctx, &in)
				must(t, err)
				for _, c := range out.ModelCardSummaries {
					names = append(names, strings.TrimPrefix(*c.ModelCardName, "card-"))
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return strings.Join(names, " ")
				}
			}
		}
		for want, in := range map[string]sagemaker.ListModelCardsInput{
			"4 3 2 1 0": {}, "0 1 2 3 4": {SortOrder: "Ascending", SortBy: "Name"}, "3": {ModelCardStatus: "Approved"}, "2": {NameContains: aws.Ptr("2")},
		} {
			if got := cards(in); got != want {
				t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
		for range 11 {
			must(t, b.setContent("card-0", "{}"))
		}
		must(t, b.setStatus("card-0", "Approved"))
		versions := func(in sagemaker.ListModelCardVersionsInput) string {
			var numbers []string
			in.MaxResults = aws.Ptr[int32](5)
			for {
				in.ModelCardName = aws.Ptr("card-0")
				out, err := b.ListModelCardVersions(b.ctx, &in)
				must(t, err)
				for _, v := range out.ModelCardVersionSummaryList {
					numbers = append(numbers, fmt.Sprint(*v.ModelCardVersion))
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return strings.Join(numbers, " ")
				}
			}
		}
		for want, in := range map[string]sagemaker.ListModelCardVersionsInput{
			"12 11 10 9 8 7 6 5 4 3 2 1": {}, "1 2 3 4 5 6 7 8 9 10 11 12": {SortOrder: "Ascending", SortBy: "Version"}, "12": {ModelCardStatus: "Approved"},
		} {
			if got := versions(in); got != want {
				t.Errorf("%+v: %s, want %s", in, got, want)
			}
		}
		_, err := b.ListModelCardVersions(b.ctx, &sagemaker.ListModelCardVersionsInput{ModelCardName: aws.Ptr("nope")})
		refused(t, err, aws.ResourceNotFound, "does not exist")
	})
}

// Search-1: what Search sees of a card, and what it finds cards by.
func TestRecord(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.create("card", "{}")
		must(t, b.setContent("card", `{"model_package_details":{"model_package_arn":"arn:p","model_package_group_name":"g"},"intended_uses":{"risk_rating":"High"}}`))
		b.create("other", `{"model_overview":{"model_id":"arn:m"}}`)
		must(t, b.DB.View(b.ctx, func(tx *store.Tx) error {
			r, err := b.Searchable()[0].Record(tx, home, "card")
			if err != nil {
				return err
			}
			c := r.ModelCard
			if *c.ModelId != "arn:p" || *c.RiskRating != "High" || *c.ModelPackageGroupName != "g" || *c.ModelCardVersion != 2 || len(c.Tags) != 1 {
				t.Errorf("%+v", c)
			}
			r, err = b.Searchable()[0].Record(tx, home, "other")
			if err == nil && (*r.ModelCard.ModelId != "arn:m" || r.ModelCard.RiskRating != nil) {
				t.Errorf("%+v", r.ModelCard)
			}
			return err
		}))
	})
}
