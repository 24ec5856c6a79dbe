package registry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Co-1, Gen-2, Gen-6, DescMP-13, CreateModelPackage-15: a group is made with its
// tags, described, listed and deleted; not while it has versions; nobody else sees it.
//
// covers: sagemaker.CreateModelPackageGroup sagemaker.DescribeModelPackageGroup sagemaker.ListModelPackageGroups sagemaker.DeleteModelPackageGroup
func TestGroups(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		arn := b.group("Churn", &sagemaker.Tag{Key: aws.Ptr("k"), Value: aws.Ptr("v")})
		if arn != "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/churn" {
			t.Errorf("ARN %s", arn)
		}
		for _, name := range []string{"Churn", arn} {
			out, err := b.DescribeModelPackageGroup(b.ctx, &sagemaker.DescribeModelPackageGroupInput{ModelPackageGroupName: &name})
			must(t, err)
			if *out.ModelPackageGroupName != "Churn" || out.ModelPackageGroupStatus != sagemaker.ModelPackageGroupStatusCompleted ||
				*out.CreatedBy.IamIdentity.Arn != identity || out.CreationTime.IsZero() {
				t.Errorf("%s: %+v", name, out)
			}
		}
		_, err := b.CreateModelPackageGroup(b.ctx, &sagemaker.CreateModelPackageGroupInput{ModelPackageGroupName: aws.Ptr("churn")})
		refused(t, err, aws.ValidationException, "already exists")
		stranger := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		_, err = b.DescribeModelPackageGroup(stranger, &sagemaker.DescribeModelPackageGroupInput{ModelPackageGroupName: &arn})
		refused(t, err, aws.ValidationException, "does not exist")

		for i := range 3 {
			b.group(fmt.Sprintf("Other-%d", i))
		}
		var names []string
		for in := (&sagemaker.ListModelPackageGroupsInput{NameContains: aws.Ptr("h"), MaxResults: aws.Ptr[int32](2)}); ; {
			out, err := b.ListModelPackageGroups(b.ctx, in)
			must(t, err)
			for _, g := range out.ModelPackageGroupSummaryList {
				names = append(names, *g.ModelPackageGroupName)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		if got := strings.Join(names, " "); got != "Churn Other-0 Other-1 Other-2" {
			t.Errorf("listed %s", got)
		}

		one := b.create(version("Churn"))
		_, err = b.DeleteModelPackageGroup(b.ctx, &sagemaker.DeleteModelPackageGroupInput{ModelPackageGroupName: aws.Ptr("Churn")})
		refused(t, err, aws.ConflictException, "still contains 1 model packages")
		_, err = b.DeleteModelPackage(b.ctx, &sagemaker.DeleteModelPackageInput{ModelPackageName: &one})
		must(t, err)
		_, err = b.DeleteModelPackageGroup(b.ctx, &sagemaker.DeleteModelPackageGroupInput{ModelPackageGroupName: aws.Ptr("Churn")})
		must(t, err)
		_, err = b.DeleteModelPackageGroup(b.ctx, &sagemaker.DeleteModelPackageGroupInput{ModelPackageGroupName: aws.Ptr("Churn")})
		refused(t, err, aws.ValidationException, "does not exist")
		must(t, b.DB.View(b.ctx, func(tx *store.Tx) error {
			tags, err := store.Tags(tx, home, arn)
			if len(tags) != 0 {
				t.Errorf("tags are left: %v", tags)
			}
			return err
		}))
	})
}

// Co-1: the time bounds leave out the bound itself.
func TestGroupTimes(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		out, err := b.DescribeModelPackageGroup(b.ctx, &sagemaker.DescribeModelPackageGroupInput{ModelPackageGroupName: aws.Ptr("g")})
		must(t, err)
		at := *out.CreationTime
		for _, c := range []struct {
			in   sagemaker.ListModelPackageGroupsInput
			want int
		}{
			{sagemaker.ListModelPackageGroupsInput{CreationTimeAfter: &at}, 0},
			{sagemaker.ListModelPackageGroupsInput{CreationTimeBefore: &at}, 0},
			{sagemaker.ListModelPackageGroupsInput{CreationTimeAfter: aws.Ptr(at.Add(-time.Microsecond)), CreationTimeBefore: aws.Ptr(at.Add(time.Microsecond))}, 1},
		} {
			out, err := b.ListModelPackageGroups(b.ctx, &c.in)
			must(t, err)
			if len(out.ModelPackageGroupSummaryList) != c.want {
				t.Errorf("%+v: %d groups", c.in, len(out.ModelPackageGroupSummaryList))
			}
		}
	})
}

// Co-4, Gen-3: a policy is kept as it was put and removed; what is missing is
// refused in the words that clients search for; what is no policy is refused.
//
// covers: sagemaker.PutModelPackageGroupPolicy sagemaker.GetModelPackageGroupPolicy sagemaker.DeleteModelPackageGroupPolicy
func TestGroupPolicy(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sagemaker:*","Resource":"*"}]}`
		b.group("g")
		name, missing := aws.Ptr("g"), aws.Ptr("missing")
		get := func(name *string) error {
			_, err := b.GetModelPackageGroupPolicy(b.ctx, &sagemaker.GetModelPackageGroupPolicyInput{ModelPackageGroupName: name})
			return err
		}
		remove := func(name *string) error {
			_, err := b.DeleteModelPackageGroupPolicy(b.ctx, &sagemaker.DeleteModelPackageGroupPolicyInput{ModelPackageGroupName: name})
			return err
		}
		put := func(name *string, text string) error {
			_, err := b.PutModelPackageGroupPolicy(b.ctx, &sagemaker.PutModelPackageGroupPolicyInput{ModelPackageGroupName: name, ResourcePolicy: &text})
			return err
		}
		refused(t, get(name), aws.ValidationException, "Cannot find resource policy")
		refused(t, remove(name), aws.ValidationException, "Cannot find resource policy")
		for _, err := range []error{get(missing), remove(missing), put(missing, policy)} {
			refused(t, err, aws.ValidationException, "Cannot find Model Package Group")
		}
		for text, want := range map[string]string{
			"{": "not a JSON object", "[]": "not a JSON object", `"x"`: "not a JSON object", "{}": "no Statement", `{"Statement":"x"}`: "no Statement", "null": "no Statement",
		} {
			refused(t, put(name, text), aws.ValidationException, want)
		}
		must(t, put(name, policy))
		out, err := b.GetModelPackageGroupPolicy(b.ctx, &sagemaker.GetModelPackageGroupPolicyInput{ModelPackageGroupName: name})
		must(t, err)
		if *out.ResourcePolicy != policy {
			t.Errorf("got %s", *out.ResourcePolicy)
		}
		b.create(version("g")) // which changes the group's row
		must(t, get(name))
		must(t, remove(name))
		refused(t, get(name), aws.ValidationException, "Cannot find resource policy")
	})
}
