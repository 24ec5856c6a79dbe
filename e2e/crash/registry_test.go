package crash

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// CreateModelPackage-2, -10: a server that is killed while versions are registered
// and cards are printed gives out the numbers 1 to n, each once, and every document
// that was asked for is written.
func TestKilledServerRegistersOnce(t *testing.T) {
	t.Parallel()
	tr := begin(t, "sqlite", 2*time.Minute)
	if _, err := tr.client.S3(tr.ctx, "PUT", "/documents", nil); err != nil {
		t.Fatal(err)
	}
	tr.must("CreateModelPackageGroup", map[string]any{"ModelPackageGroupName": "group"}, nil)
	tr.must("CreateModelCard", map[string]any{"ModelCardName": "card", "Content": "{}", "ModelCardStatus": "Draft"}, nil)
	const rounds = 40
	tr.killing(func() time.Duration { return 100 * time.Millisecond }, func() {
		for i := range rounds {
			var made struct{ ModelPackageArn string }
			in := map[string]any{"ModelPackageGroupName": "group", "ClientToken": fmt.Sprint("token-", i)}
			if err := tr.call("CreateModelPackage", in, &made); err != nil || !strings.HasSuffix(made.ModelPackageArn, fmt.Sprintf("/%d", i+1)) {
				t.Errorf("round %d: %s, %v", i, made.ModelPackageArn, err)
				return
			}
			job := map[string]any{"ModelCardName": "card", "ModelCardExportJobName": fmt.Sprint("job-", i), "OutputConfig": map[string]string{"S3OutputPath": "s3://documents"}}
			var refusal *server.Refusal
			// Sent again after a kill, it may have been taken already.
			if err := tr.call("CreateModelCardExportJob", job, nil); err != nil && !(errors.As(err, &refusal) && strings.Contains(refusal.Text, "already exists")) {
				t.Error(err)
				return
			}
		}
	})
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range rounds {
		in := map[string]any{"ModelCardExportJobArn": fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:model-card/card/export-job/job-%d", i)}
		var job struct{ Status, FailureReason string }
		for job.Status != "Completed" {
			if err := tr.call("DescribeModelCardExportJob", in, &job); err != nil {
				t.Fatal(err)
			}
			if job.Status == "Failed" {
				t.Fatalf("job-%d: %s", i, job.FailureReason)
			}
			select {
			case <-tr.ctx.Done():
				t.Fatalf("job-%d is still %s after %d kills", i, job.Status, tr.server.Kills())
			case <-tick.C:
			}
		}
		if file, err := tr.client.S3(tr.ctx, "GET", fmt.Sprintf("/documents/card/job-%d.pdf", i), nil); err != nil || !strings.HasPrefix(string(file), "%PDF-") {
			t.Errorf("job-%d: %d bytes, %v", i, len(file), err)
		}
	}
	var list struct {
		ModelPackageSummaryList []struct{ ModelPackageVersion int }
	}
	if err := tr.call("ListModelPackages", map[string]any{"ModelPackageGroupName": "group", "MaxResults": 100}, &list); err != nil || len(list.ModelPackageSummaryList) != rounds {
		t.Errorf("%d versions, %v", len(list.ModelPackageSummaryList), err)
	}
	if tr.server.Kills() == 0 {
		t.Error("the server was never killed")
	}
}
