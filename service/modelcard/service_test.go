package modelcard

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// flaky fails as many Puts as it is told to.
type flaky struct {
	blob.Store
	failures int
}

func (f *flaky) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	if f.failures > 0 {
		f.failures--
		return blob.Info{}, errors.New("the disk is on fire")
	}
	return f.Store.Put(ctx, bucket, key, body, o)
}

// bundle is the service on a real store, with real tasks and a bucket.
type bundle struct {
	*Service
	t       *testing.T
	ctx     context.Context
	objects *flaky
}

func each(t *testing.T, f func(b *bundle)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		objects, err := dir.New(db, t.TempDir(), nil)
		must(t, err)
		t.Cleanup(func() { _ = objects.Close() })
		must(t, objects.CreateBucket(t.Context(), blob.Bucket{Name: "bucket", Account: home.Account, Region: home.Region}))
		must(t, objects.CreateBucket(t.Context(), blob.Bucket{Name: "foreign", Account: "210987654321", Region: home.Region}))
		b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), objects: &flaky{Store: objects}}
		logger := slog.New(slog.DiscardHandler)
		b.Service = New(Config{
			Base:  kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))},
			Tasks: task.New(db, task.Options{NodeID: "node", Logger: logger}), Objects: b.objects, Logger: logger,
		})
		must(t, b.Tasks.Start(b.ctx))
		t.Cleanup(func() { _ = b.Tasks.Stop(context.WithoutCancel(t.Context())) })
		f(b)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that err is of the code and says want.
func refused(t *testing.T, err error, code aws.Code, want string) {
	t.Helper()
	if aws.CodeOf(err) != code || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want a %s with %q", err, code, want)
	}
}

func (b *bundle) create(name, content string) string {
	b.t.Helper()
	out, err := b.CreateModelCard(b.ctx, &sagemaker.CreateModelCardInput{
		ModelCardName: &name, Content: &content, ModelCardStatus: sagemaker.ModelCardStatusDraft,
		Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}},
	})
	must(b.t, err)
	return *out.ModelCardArn
}

func (b *bundle) describe(name string, version ...int32) *sagemaker.DescribeModelCardOutput {
	b.t.Helper()
	in := &sagemaker.DescribeModelCardInput{ModelCardName: &name}
	for _, v := range version {
		in.ModelCardVersion = &v
	}
	out, err := b.DescribeModelCard(b.ctx, in)
	must(b.t, err)
	return out
}

func (b *bundle) setContent(name, content string) error {
	_, err := b.UpdateModelCard(b.ctx, &sagemaker.UpdateModelCardInput{ModelCardName: &name, Content: &content})
	return err
}

func (b *bundle) setStatus(name string, to sagemaker.ModelCardStatus) error {
	_, err := b.UpdateModelCard(b.ctx, &sagemaker.UpdateModelCardInput{ModelCardName: &name, ModelCardStatus: to})
	return err
}

func (b *bundle) export(card, job, path string, version *int32) (string, error) {
	out, err := b.CreateModelCardExportJob(b.ctx, &sagemaker.CreateModelCardExportJobInput{
		ModelCardName: &card, ModelCardExportJobName: &job, ModelCardVersion: version, OutputConfig: &sagemaker.ModelCardExportOutputConfig{S3OutputPath: &path},
	})
	if err != nil {
		return "", err
	}
	return *out.ModelCardExportJobArn, nil
}

// await polls until the job has ended, as a client would.
func (b *bundle) await(arn string) *sagemaker.DescribeModelCardExportJobOutput {
	b.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(60 * time.Second)
	for {
		out, err := b.DescribeModelCardExportJob(b.ctx, &sagemaker.DescribeModelCardExportJobInput{ModelCardExportJobArn: &arn})
		must(b.t, err)
		if out.Status != sagemaker.ModelCardExportJobStatusInProgress {
			return out
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%s is still InProgress", arn)
		}
	}
}
