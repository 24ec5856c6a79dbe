package registry

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// UpdMP-1 … UpdMP-4, DescMP-9, CreateModelPackage-5, CreateModelPackage-11,
// CreateModelPackage-14: approval goes between all
// values and decides what may be deployed; descriptions replace, metadata merges,
// specifications are added.
//
// covers: sagemaker.UpdateModelPackage
func TestApproval(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		arn := b.create(version("g"))
		_, err := b.deploy(arn, nil)
		refused(t, err, aws.ValidationException, "Approve it with UpdateModelPackage")
		pending, approved, rejected := sagemaker.ModelApprovalStatusPendingManualApproval, sagemaker.ModelApprovalStatusApproved, sagemaker.ModelApprovalStatusRejected
		for i, to := range []sagemaker.ModelApprovalStatus{approved, rejected, approved, pending, rejected, pending, pending, approved} {
			said := fmt.Sprint("reason ", i)
			_, err := b.UpdateModelPackage(b.ctx, &sagemaker.UpdateModelPackageInput{ModelPackageArn: &arn, ModelApprovalStatus: to, ApprovalDescription: &said})
			must(t, err)
			out := b.describe(arn)
			if out.ModelApprovalStatus != to || *out.ApprovalDescription != said || *out.LastModifiedBy.IamIdentity.Arn != identity || out.LastModifiedTime.Before(*out.CreationTime) {
				t.Errorf("%s: %+v", to, out)
			}
			containers, err := b.deploy(arn, nil)
			if (err == nil) != (to == approved) || err == nil && *containers[0].Image != "example/serve:1" {
				t.Errorf("%s: %v, %v", to, containers, err)
			}
		}
		_, err = b.deploy(arn, aws.Ptr("fast"))
		refused(t, err, aws.ValidationException, `no additional inference specification "fast"`)
		_, err = b.UpdateModelPackage(b.ctx, &sagemaker.UpdateModelPackageInput{ModelPackageArn: &arn, AdditionalInferenceSpecificationsToAdd: additional("fast", "small")})
		must(t, err)
		containers, err := b.deploy(arn, aws.Ptr("fast"))
		if err != nil || *containers[0].Image != "compiled/fast" || *containers[0].ImageDigest != digest {
			t.Errorf("fast: %v, %v", containers, err)
		}
		if out := b.describe(arn); out.ModelApprovalStatus != approved || *out.ApprovalDescription != "reason 7" || len(out.AdditionalInferenceSpecifications) != 2 {
			t.Errorf("absent members changed something: %+v", out)
		}
		empty := b.create(&sagemaker.CreateModelPackageInput{ModelPackageGroupName: aws.Ptr("g"), ModelApprovalStatus: approved})
		_, err = b.deploy(empty, nil)
		refused(t, err, aws.ValidationException, "nothing to deploy")
		b.create(single("alone"))
		if containers, err := b.deploy("alone", nil); err != nil || len(containers) != 1 {
			t.Errorf("without versions: %v, %v", containers, err)
		}
		for name, want := range map[string]string{
			"g":           "it is a group of them. Name a version by its ARN, arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1",
			"g/9":         `Could not find model package "g/9"`,
			"nope":        `Could not find model package "nope"`,
			arn + "0":     "Could not find model package",
			"arn:x":       "is not the ARN of a resource of the kind model-package",
			"arn:aws:s:g": "is not the ARN",
			"arn:aws:sagemaker:eu-west-1:123456789012:model-package/g/1": "Could not find model package",
			"arn:aws:sagemaker:us-east-1:123456789012:model/g":           "is not the ARN of a resource of the kind model-package",
		} {
			_, err := b.deploy(name, nil)
			refused(t, err, aws.ValidationException, want)
		}
	})
}

// UpdMP-1, UpdMP-3, UpdMP-4, DescMP-11, CreateModelPackage-11,
// CreateModelPackage-14: what an update refuses changes nothing; specifications are
// added behind the present ones, 15 in all, each name once.
func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		in := version("g")
		in.CustomerMetadataProperties = map[string]string{}
		for i := range 49 {
			in.CustomerMetadataProperties[fmt.Sprint("k", i)] = "v"
		}
		in.AdditionalInferenceSpecifications = additional("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n")
		arn, alone := b.create(in), b.create(single("alone"))
		type input = sagemaker.UpdateModelPackageInput
		before := text(t, b.describe(arn))
		for _, c := range []struct {
			want string
			in   *input
		}{
			{"both set and removed", &input{CustomerMetadataProperties: map[string]string{"k1": "w"}, CustomerMetadataPropertiesToRemove: []string{"k1"}}},
			{"would have 51 customer metadata", &input{CustomerMetadataProperties: map[string]string{"x": "", "y": ""}}},
			{"occurs more than once", &input{AdditionalInferenceSpecificationsToAdd: additional("b")}},
			{"occurs more than once", &input{AdditionalInferenceSpecificationsToAdd: additional("y", "y")}},
			{"would have 16 additional", &input{AdditionalInferenceSpecificationsToAdd: additional("y", "z")}},
			{"cannot be updated", &input{ModelPackageArn: &alone, ModelApprovalStatus: sagemaker.ModelApprovalStatusApproved}},
			{"Could not find model package", &input{ModelPackageArn: aws.Ptr(arn + "7")}},
		} {
			if c.in.ModelPackageArn == nil {
				c.in.ModelPackageArn = &arn
			}
			c.in.ApprovalDescription = aws.Ptr("no")
			_, err := b.UpdateModelPackage(b.ctx, c.in)
			refused(t, err, aws.ValidationException, c.want)
		}
		if after := text(t, b.describe(arn)); after != before {
			t.Errorf("before %s\nafter  %s", before, after)
		}
		_, err := b.UpdateModelPackage(b.ctx, &input{ModelPackageArn: &arn, AdditionalInferenceSpecificationsToAdd: additional("z"),
			CustomerMetadataProperties: map[string]string{"x": "", "y": ""}, CustomerMetadataPropertiesToRemove: []string{"k0", "never"}})
		must(t, err)
		if out := b.describe(arn); len(out.AdditionalInferenceSpecifications) != 15 || len(out.CustomerMetadataProperties) != 50 ||
			*out.AdditionalInferenceSpecifications[0].Name != "a" || *out.AdditionalInferenceSpecifications[14].Name != "z" {
			t.Errorf("%d specifications, %d properties", len(out.AdditionalInferenceSpecifications), len(out.CustomerMetadataProperties))
		}
	})
}

// UpdMP-3 as a law: what was set is there, what was removed is not, the rest is as
// it was, and the input is not touched.
func TestMergeMetadata(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() map[string]string {
		m := map[string]string{}
		for range r.IntN(12) {
			m[fmt.Sprint(r.IntN(20))] = fmt.Sprint(r.Int())
		}
		return m
	}
	for range 2000 {
		present, set := pick(), pick()
		var remove []string
		both := false
		for key := range pick() {
			remove = append(remove, key)
			_, clash := set[key]
			both = both || clash
		}
		copied := maps.Clone(present)
		merged, err := mergeMetadata(present, set, remove)
		if !maps.Equal(copied, present) {
			t.Fatalf("the input changed")
		}
		if (err != nil) != both {
			t.Fatalf("set %v, remove %v: %v", set, remove, err)
		}
		if err != nil {
			continue
		}
		want := maps.Clone(present)
		maps.Copy(want, set)
		for _, key := range remove {
			delete(want, key)
		}
		if len(want)+len(merged) > 0 && !maps.Equal(want, merged) {
			t.Fatalf("%v, want %v", merged, want)
		}
	}
}
