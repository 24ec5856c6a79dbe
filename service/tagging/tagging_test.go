package tagging_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/tagging"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// Common-1, X-11: tags are set, replaced, listed in pages and deleted; keys are
// unique; nothing of another account or region is seen.
//
// covers: sagemaker.AddTags sagemaker.ListTags sagemaker.DeleteTags
func TestTags(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := aws.WithCaller(t.Context(), aws.Caller{Scope: home})
		arn := aws.SageMakerARN(home, "training-job", "Mixed-Case")
		table := store.NewTable[struct{}]("training-job")
		must(t, db.Update(ctx, func(tx *store.Tx) error {
			return table.Insert(tx, &store.Row[struct{}]{Scope: home, Name: "Mixed-Case", ARN: arn})
		}))
		s := &tagging.Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}}
		_, err := s.AddTags(ctx, &sagemaker.AddTagsInput{ResourceArn: &arn, Tags: tags("b=1", "a=2", "c=")})
		must(t, err)
		out, err := s.AddTags(ctx, &sagemaker.AddTagsInput{ResourceArn: &arn, Tags: tags("a=3")})
		must(t, err)
		if got := show(out.Tags); got != "a=3 b=1 c=" {
			t.Errorf("after adding: %s", got)
		}
		_, err = s.DeleteTags(ctx, &sagemaker.DeleteTagsInput{ResourceArn: &arn, TagKeys: []string{"b", "nope"}})
		must(t, err)
		first, err := s.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: &arn, MaxResults: aws.Ptr[int32](1)})
		must(t, err)
		second, err := s.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: &arn, NextToken: first.NextToken})
		must(t, err)
		if got := show(first.Tags) + "|" + show(second.Tags); got != "a=3|c=" || second.NextToken != nil {
			t.Errorf("pages: %s, %v", got, second.NextToken)
		}
		many := make([]string, kit.MaxTags)
		for i := range many {
			many[i] = fmt.Sprintf("k%d=v", i)
		}
		for name, bad := range map[string]*sagemaker.AddTagsInput{
			"twice":    {ResourceArn: &arn, Tags: tags("x=1", "x=2")},
			"reserved": {ResourceArn: &arn, Tags: tags("aws:x=1")},
			"too many": {ResourceArn: &arn, Tags: tags(many...)},
			"unknown":  {ResourceArn: aws.Ptr(arn + "x"), Tags: tags("x=1")},
			"no ARN":   {ResourceArn: aws.Ptr("x"), Tags: tags("x=1")},
		} {
			if _, err := s.AddTags(ctx, bad); aws.CodeOf(err) != aws.ValidationException {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, other := range []aws.Scope{{Account: "210987654321", Region: home.Region}, {Account: home.Account, Region: "eu-west-1"}} {
			foreign := aws.WithCaller(t.Context(), aws.Caller{Scope: other})
			if _, err := s.ListTags(foreign, &sagemaker.ListTagsInput{ResourceArn: &arn}); aws.CodeOf(err) != aws.ValidationException {
				t.Errorf("%v sees the tags: %v", other, err)
			}
		}
	})
}

// CreateModelPackage-3: a resource that goes by another one's tags shows those, and
// its own cannot be changed; one that does not exist has none.
func TestOwner(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := aws.WithCaller(t.Context(), aws.Caller{Scope: home})
		group, version := aws.SageMakerARN(home, "model-package-group", "g"), aws.SageMakerARN(home, "model-package", "g/1")
		must(t, db.Update(ctx, func(tx *store.Tx) error {
			for _, r := range [][3]string{{"model-package-group", "g", group}, {"model-package", "g/1", version}} {
				if err := store.NewTable[struct{}](r[0]).Insert(tx, &store.Row[struct{}]{Scope: home, Name: r[1], ARN: r[2]}); err != nil {
					return err
				}
			}
			return nil
		}))
		s := &tagging.Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Owner: func(arn string) string {
			return strings.Replace(strings.TrimRight(arn, "/0123456789"), "model-package/", "model-package-group/", 1)
		}}
		_, err := s.AddTags(ctx, &sagemaker.AddTagsInput{ResourceArn: &group, Tags: tags("a=1")})
		must(t, err)
		out, err := s.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: &version})
		must(t, err)
		if got := show(out.Tags); got != "a=1" {
			t.Errorf("the version shows %q", got)
		}
		_, err = s.AddTags(ctx, &sagemaker.AddTagsInput{ResourceArn: &version, Tags: tags("b=1")})
		_, err2 := s.DeleteTags(ctx, &sagemaker.DeleteTagsInput{ResourceArn: &version, TagKeys: []string{"a"}})
		_, err3 := s.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: aws.Ptr(version + "1")})
		for i, err := range []error{err, err2, err3} {
			if aws.CodeOf(err) != aws.ValidationException || (i < 2) != strings.Contains(err.Error(), "goes by the tags of "+group) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

func tags(pairs ...string) (list []*sagemaker.Tag) {
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		list = append(list, &sagemaker.Tag{Key: &key, Value: &value})
	}
	return list
}

func show(list []*sagemaker.Tag) string {
	var parts []string
	for _, t := range list {
		parts = append(parts, *t.Key+"="+*t.Value)
	}
	return strings.Join(parts, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
