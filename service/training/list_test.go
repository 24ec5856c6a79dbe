package training

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// ListTrainingJobs-1, Gen-5, Co-10: order, filters, pages; StatusEquals with MaxResults
// filters a page of the newest jobs, or of the order asked for, after it was cut; a
// token is good with its own filters only.
//
// covers: sagemaker.ListTrainingJobs
func TestListTrainingJobs(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for _, name := range []string{"a-1", "b-1", "a-2", "b-2", "a-3"} {
		req := request(name)
		if strings.HasPrefix(name, "b") {
			req.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
		}
		b.create(req)
		b.await(name, ended)
	}
	list := func(in *sagemaker.ListTrainingJobsInput) (string, *string) {
		t.Helper()
		out, err := b.ListTrainingJobs(b.ctx, in)
		must(t, err)
		var names []string
		for _, s := range out.TrainingJobSummaries {
			names = append(names, *s.TrainingJobName)
		}
		return strings.Join(names, " "), out.NextToken
	}
	for want, in := range map[string]*sagemaker.ListTrainingJobsInput{
		"a-1 b-1 a-2 b-2 a-3": {},
		"a-3 b-2 a-2 b-1 a-1": {SortOrder: sagemaker.SortOrderDescending},
		"a-1 a-2 a-3 b-1 b-2": {SortBy: sagemaker.SortByName},
		"a-1 a-2 a-3":         {NameContains: aws.Ptr("a-")},
		"b-1 b-2":             {StatusEquals: sagemaker.TrainingJobStatusFailed},
		"":                    {CreationTimeAfter: aws.Ptr(time.Now().Add(time.Hour))},
	} {
		if got, token := list(in); got != want || token != nil {
			t.Errorf("%+v: %q, want %q", in, got, want)
		}
	}
	two, one := aws.Ptr[int32](2), aws.Ptr[int32](1)
	var token *string
	for _, c := range []struct {
		in    sagemaker.ListTrainingJobsInput
		later *int32 // MaxResults of the pages after the first
		want  string
	}{
		{sagemaker.ListTrainingJobsInput{MaxResults: two, StatusEquals: "Failed"}, two, "b-2|b-1|"},
		{sagemaker.ListTrainingJobsInput{MaxResults: two, StatusEquals: "Failed"}, nil, "b-2|b-1"},
		{sagemaker.ListTrainingJobsInput{MaxResults: one, StatusEquals: "Completed"}, one, "a-3||a-2||a-1"},
		{sagemaker.ListTrainingJobsInput{MaxResults: two, StatusEquals: "Failed", SortOrder: "Ascending"}, two, "b-1|b-2|"},
		{sagemaker.ListTrainingJobsInput{MaxResults: two, StatusEquals: "Failed", SortBy: "Name"}, two, "|b-1|b-2"},
		{sagemaker.ListTrainingJobsInput{MaxResults: two}, two, "a-1 b-1|a-2 b-2|a-3"},
	} {
		var pages []string
		for in := c.in; ; in.MaxResults = c.later {
			page, next := list(&in)
			if pages = append(pages, page); next == nil || len(pages) > 9 {
				break
			}
			token, in.NextToken = next, next
		}
		if got := strings.Join(pages, "|"); got != c.want {
			t.Errorf("%+v, then %v: pages %q, want %q", c.in, c.later, got, c.want)
		}
	}
	if _, err := b.ListTrainingJobs(b.ctx, &sagemaker.ListTrainingJobsInput{NextToken: token, NameContains: aws.Ptr("a")}); aws.CodeOf(err) != aws.ValidationException {
		t.Errorf("a token with other filters: %v", err)
	}
}

// ListTrainingJobs-1: StatusEquals alone finds jobs however many others came before.
func TestListByStatus(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for i := range 10 {
		b.create(request(fmt.Sprintf("good-%d", i)))
	}
	req := request("bad")
	req.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
	b.create(req)
	b.await("bad", ended)
	out, err := b.ListTrainingJobs(b.ctx, &sagemaker.ListTrainingJobsInput{StatusEquals: sagemaker.TrainingJobStatusFailed})
	must(t, err)
	if len(out.TrainingJobSummaries) != 1 || *out.TrainingJobSummaries[0].TrainingJobName != "bad" || out.NextToken != nil {
		t.Errorf("%+v, then %v", out.TrainingJobSummaries, out.NextToken)
	}
}
