package registry

import (
	"context"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

const (
	digest   = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	identity = "arn:aws:sts::123456789012:assumed-role/Role/session"
)

// images knows every URI but some.
type images struct{}

func (images) Digest(_ context.Context, uri string) (string, error) {
	switch {
	case strings.HasPrefix(uri, "unknown/"):
		return "", aws.Invalid("no image %q", uri)
	case strings.HasPrefix(uri, "nameless/"):
		return "", nil
	case strings.HasPrefix(uri, "broken/"):
		return "", context.DeadlineExceeded
	}
	return digest, nil
}

// algorithms knows one.
type algorithms struct{}

func (algorithms) InferenceSpecification(_ *store.Tx, _ aws.Scope, name string) (*sagemaker.InferenceSpecification, error) {
	if name != "forest" {
		return nil, aws.Invalid("Algorithm %s does not exist.", name)
	}
	return specification("forest/serve:1", ""), nil
}

// journal notes what lineage is told, in a row of its own, so that it is rolled
// back with the transaction.
type journal struct{ refuse bool }

var notes = store.NewTable[[]string]("note")

func (j *journal) note(tx *store.Tx, text string) error {
	if j.refuse {
		return aws.Invalid("no lineage today")
	}
	r, err := notes.Get(tx, home, "notes")
	if err != nil {
		return notes.Insert(tx, &store.Row[[]string]{Scope: home, Name: "notes", Body: []string{text}})
	}
	r.Body = append(r.Body, text)
	return notes.Update(tx, r)
}

func (j *journal) RecordModelPackage(tx *store.Tx, _ aws.Scope, p *sagemaker.ModelPackage) error {
	return j.note(tx, "made "+*p.ModelPackageArn+" of "+aws.Val(p.ModelPackageGroupName))
}

func (j *journal) RecordApproval(tx *store.Tx, _ aws.Scope, p *sagemaker.ModelPackage) error {
	return j.note(tx, string(p.ModelApprovalStatus)+" "+*p.ModelPackageArn)
}

// bundle is the service on a real store.
type bundle struct {
	*Service
	t       *testing.T
	ctx     context.Context
	journal *journal
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	j := &journal{}
	return &bundle{
		Service: New(Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Images: images{}, Algorithms: algorithms{}, Lineage: j,
		}),
		t: t, journal: j, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home, ARN: identity, UserID: "AROA:session"}),
	}
}

// each runs f with a service on both databases.
func each(t *testing.T, f func(b *bundle)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { f(setup(t, db)) })
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

func specification(image, data string) *sagemaker.InferenceSpecification {
	c := &sagemaker.ModelPackageContainerDefinition{Image: &image}
	if data != "" {
		c.ModelDataUrl = &data
	}
	return &sagemaker.InferenceSpecification{
		Containers:                              []*sagemaker.ModelPackageContainerDefinition{c},
		SupportedTransformInstanceTypes:         []sagemaker.TransformInstanceType{"ml.m5.large"},
		SupportedRealtimeInferenceInstanceTypes: []sagemaker.ProductionVariantInstanceType{"ml.m5.large"},
		SupportedContentTypes:                   []string{"text/csv"}, SupportedResponseMIMETypes: []string{"text/csv"},
	}
}

func additional(names ...string) (list []*sagemaker.AdditionalInferenceSpecificationDefinition) {
	for _, name := range names {
		list = append(list, &sagemaker.AdditionalInferenceSpecificationDefinition{
			Name: &name, Containers: specification("compiled/"+name, "s3://bucket/"+name+".tar.gz").Containers,
		})
	}
	return list
}

// version and single are requests without anything special.
func version(group string) *sagemaker.CreateModelPackageInput {
	return &sagemaker.CreateModelPackageInput{ModelPackageGroupName: &group, InferenceSpecification: specification("example/serve:1", "s3://bucket/model.tar.gz")}
}

func single(name string) *sagemaker.CreateModelPackageInput {
	return &sagemaker.CreateModelPackageInput{ModelPackageName: &name, InferenceSpecification: specification("example/serve:1", "s3://bucket/model.tar.gz")}
}

func (b *bundle) group(name string, tags ...*sagemaker.Tag) string {
	b.t.Helper()
	out, err := b.CreateModelPackageGroup(b.ctx, &sagemaker.CreateModelPackageGroupInput{ModelPackageGroupName: &name, Tags: tags})
	must(b.t, err)
	return *out.ModelPackageGroupArn
}

func (b *bundle) create(in *sagemaker.CreateModelPackageInput) string {
	b.t.Helper()
	out, err := b.CreateModelPackage(b.ctx, in)
	must(b.t, err)
	return *out.ModelPackageArn
}

func (b *bundle) describe(nameOrARN string) *sagemaker.DescribeModelPackageOutput {
	b.t.Helper()
	out, err := b.DescribeModelPackage(b.ctx, &sagemaker.DescribeModelPackageInput{ModelPackageName: &nameOrARN})
	must(b.t, err)
	return out
}

func (b *bundle) approve(arn string, to sagemaker.ModelApprovalStatus) {
	b.t.Helper()
	_, err := b.UpdateModelPackage(b.ctx, &sagemaker.UpdateModelPackageInput{ModelPackageArn: &arn, ModelApprovalStatus: to})
	must(b.t, err)
}

// deploy asks the gate.
func (b *bundle) deploy(nameOrARN string, specification *string) (containers []*sagemaker.ModelPackageContainerDefinition, err error) {
	err = b.DB.View(b.ctx, func(tx *store.Tx) (err error) {
		containers, err = b.ForModel(tx, home, nameOrARN, specification)
		return err
	})
	return containers, err
}

// list is the ARNs of a list, all of its pages.
func (b *bundle) list(in *sagemaker.ListModelPackagesInput) (names []string) {
	b.t.Helper()
	for {
		out, err := b.ListModelPackages(b.ctx, in)
		must(b.t, err)
		for _, p := range out.ModelPackageSummaryList {
			names = append(names, strings.TrimPrefix(*p.ModelPackageArn, packages.ARN(home, "")))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return names
		}
	}
}
