package modelcard

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// read is the text of a document in the bucket.
func (b *bundle) read(uri string) string {
	b.t.Helper()
	bucket, key, err := blob.ParseURI(uri)
	must(b.t, err)
	body, info, err := b.objects.Get(b.ctx, bucket, key, nil)
	must(b.t, err)
	defer body.Close()
	if info.ContentType != "application/pdf" {
		b.t.Errorf("content type %q", info.ContentType)
	}
	file, err := io.ReadAll(body)
	must(b.t, err)
	return readPDF(b.t, file)
}

// An export writes the version that was asked for, with its content, and says
// where; jobs are listed by card, version, name and status.
//
// covers: sagemaker.CreateModelCardExportJob sagemaker.DescribeModelCardExportJob sagemaker.ListModelCardExportJobs
func TestExport(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.create("Card", `{"model_overview":{"model_name":"the-first"}}`)
		must(t, b.setContent("Card", `{"model_overview":{"model_name":"the-second"}}`))
		latest, err := b.export("Card", "Latest", "s3://bucket/some/prefix/", nil)
		must(t, err)
		old, err := b.export("arn:aws:sagemaker:us-east-1:123456789012:model-card/card", "old", "s3://bucket", aws.Ptr[int32](1))
		must(t, err)
		if latest != "arn:aws:sagemaker:us-east-1:123456789012:model-card/card/export-job/latest" {
			t.Errorf("ARN %s", latest)
		}
		for arn, c := range map[string]struct {
			uri, text string
			version   int32
		}{latest: {"s3://bucket/some/prefix/Card/Latest.pdf", "the-second", 2}, old: {"s3://bucket/Card/old.pdf", "the-first", 1}} {
			out := b.await(arn)
			if out.Status != sagemaker.ModelCardExportJobStatusCompleted || *out.ExportArtifacts.S3ExportArtifacts != c.uri || *out.ModelCardVersion != c.version ||
				*out.ModelCardName != "Card" || out.FailureReason != nil || out.LastModifiedAt.Before(*out.CreatedAt) {
				t.Fatalf("%+v", out)
			}
			if text := b.read(c.uri); !strings.Contains(text, c.text) || !strings.Contains(text, fmt.Sprint("Version", c.version)) {
				t.Errorf("%s: %s", c.uri, text)
			}
		}
		list := func(in sagemaker.ListModelCardExportJobsInput) string {
			in.ModelCardName, in.MaxResults = aws.Ptr("Card"), aws.Ptr[int32](1)
			var names []string
			for {
				out, err := b.ListModelCardExportJobs(b.ctx, &in)
				must(t, err)
				for _, j := range out.ModelCardExportJobSummaries {
					names = append(names, *j.ModelCardExportJobName)
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					return strings.Join(names, " ")
				}
			}
		}
		for _, c := range []struct {
			want string
			in   sagemaker.ListModelCardExportJobsInput
		}{
			{"old Latest", sagemaker.ListModelCardExportJobsInput{}},
			{"Latest old", sagemaker.ListModelCardExportJobsInput{SortBy: "Name", SortOrder: "Ascending"}},
			{"old", sagemaker.ListModelCardExportJobsInput{ModelCardVersion: aws.Ptr[int32](1)}},
			{"Latest", sagemaker.ListModelCardExportJobsInput{ModelCardExportJobNameContains: aws.Ptr("ate")}},
			{"", sagemaker.ListModelCardExportJobsInput{ModelCardExportJobNameContains: aws.Ptr("export")}},
			{"", sagemaker.ListModelCardExportJobsInput{StatusEquals: "Failed"}},
			{"old Latest", sagemaker.ListModelCardExportJobsInput{StatusEquals: "Completed"}},
		} {
			if got := list(c.in); got != c.want {
				t.Errorf("%+v: %q, want %q", c.in, got, c.want)
			}
		}
		for _, c := range []struct {
			code                  aws.Code
			want, card, job, path string
			version               int32
		}{
			{aws.ResourceNotFound, "does not exist", "nope", "j", "s3://bucket", 1},
			{aws.ResourceNotFound, "has no version 3", "Card", "j", "s3://bucket", 3},
			{aws.ConflictException, "already exists", "Card", "latest", "s3://bucket", 1},
			{aws.ValidationException, "bucket missing does not exist", "Card", "j", "s3://missing/x", 1},
			{aws.ValidationException, "bucket foreign does not exist", "Card", "j", "s3://foreign", 1},
			{aws.ValidationException, "not of the form s3://", "Card", "j", "https://bucket/x", 1},
			{aws.ValidationException, "key has 1 to 1024 bytes", "Card", "j", "s3://bucket/" + strings.Repeat("x", 1020), 1},
		} {
			_, err := b.export(c.card, c.job, c.path, &c.version)
			refused(t, err, c.code, c.want)
		}
		_, err = b.ListModelCardExportJobs(b.ctx, &sagemaker.ListModelCardExportJobsInput{ModelCardName: aws.Ptr("nope")})
		refused(t, err, aws.ValidationException, "does not exist")
		for arn, code := range map[string]aws.Code{
			"x": aws.ValidationException, latest + "x": aws.ResourceNotFound, strings.Replace(latest, "1234", "9999", 1): aws.ResourceNotFound,
			"arn:aws:sagemaker:us-east-1:123456789012:model-card/card": aws.ResourceNotFound,
		} {
			_, err := b.DescribeModelCardExportJob(b.ctx, &sagemaker.DescribeModelCardExportJobInput{ModelCardExportJobArn: &arn})
			refused(t, err, code, "")
		}
	})
}

// A bucket that is gone when the document is written fails the job with the
// reason; a storage that fails is tried again; the task is harmless when it runs
// twice, or when its card is gone.
func TestExportFails(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.create("card", "{}")
		b.objects.failures = 1
		arn, err := b.export("card", "again", "s3://bucket", nil)
		must(t, err)
		if out := b.await(arn); out.Status != sagemaker.ModelCardExportJobStatusCompleted {
			t.Errorf("after a failure: %+v", out)
		}
		twice := func(name string) error {
			payload := []byte(`{"Account":"123456789012","Region":"us-east-1","Name":"` + name + `"}`)
			return b.Service.export(b.ctx, &task.Task{Payload: payload, Attempt: 1})
		}
		must(t, twice("card/export-job/again"))
		must(t, twice("card/export-job/never"))
		must(t, b.objects.CreateBucket(b.ctx, blob.Bucket{Name: "brief", Account: home.Account, Region: home.Region}))
		// The row alone, as when the task has not come to it yet.
		must(t, b.DB.Update(b.ctx, func(tx *store.Tx) error {
			return exports.Insert(tx, &exportRow{Scope: home, Name: "card/export-job/late", ARN: aws.SageMakerARN(home, "model-card", "card/export-job/late"), Parent: "card",
				Status: "InProgress", Body: Export{Name: "late", Card: "card", Version: 1, OutputPath: "s3://brief/", Status: "InProgress"}})
		}))
		must(t, b.objects.DeleteBucket(b.ctx, "brief"))
		must(t, twice("card/export-job/late"))
		out := b.await(aws.SageMakerARN(home, "model-card", "card/export-job/late"))
		if out.Status != sagemaker.ModelCardExportJobStatusFailed || !strings.Contains(*out.FailureReason, "bucket brief does not exist") || out.ExportArtifacts != nil {
			t.Errorf("%+v", out)
		}
	})
}
