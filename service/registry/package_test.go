package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModelPackage-1 … CreateModelPackage-4, CreateModelPackage-6,
// CreateModelPackage-8, CreateModelPackage-9, CreateModelPackage-12,
// CreateModelPackage-14, DescMP-1 … DescMP-6, DescMP-11, DescMP-12, Gen-6: a version
// is described as it was registered, with what the server adds: Completed at once,
// to be approved, validated by nobody, and who made it.
//
// covers: sagemaker.CreateModelPackage sagemaker.DescribeModelPackage
func TestVersion(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("Churn")
		in := version("Churn")
		in.ModelPackageDescription, in.Domain, in.Task = aws.Ptr("a description; DROP TABLE resource; --"), aws.Ptr("MACHINE_LEARNING"), aws.Ptr("REGRESSION")
		in.SamplePayloadUrl = aws.Ptr("s3://bucket/sample.tar.gz")
		in.CustomerMetadataProperties = map[string]string{"k'": `"v`}
		in.MetadataProperties = &sagemaker.MetadataProperties{CommitId: aws.Ptr("c"), GeneratedBy: aws.Ptr("pipeline")}
		source := &sagemaker.MetricsSource{ContentType: aws.Ptr("application/json"), S3Uri: aws.Ptr("s3://bucket/statistics.json")}
		in.ModelMetrics = &sagemaker.ModelMetrics{ModelQuality: &sagemaker.ModelQuality{Statistics: source}}
		in.DriftCheckBaselines = &sagemaker.DriftCheckBaselines{ModelQuality: &sagemaker.DriftCheckModelQuality{Constraints: source}}
		in.AdditionalInferenceSpecifications = additional("fast")
		in.CertifyForMarketplace, in.SkipModelValidation = aws.Ptr(false), sagemaker.SkipModelValidationNone
		arn := b.create(in)
		if arn != "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/1" {
			t.Errorf("ARN %s", arn)
		}
		for _, name := range []string{arn, "Churn/1", strings.Replace(arn, "churn", "Churn", 1)} {
			out := b.describe(name)
			if aws.Val(out.ModelPackageGroupName) != "Churn" || aws.Val(out.ModelPackageVersion) != 1 || out.ModelPackageName != nil ||
				out.ModelPackageStatus != sagemaker.ModelPackageStatusCompleted || out.ModelApprovalStatus != sagemaker.ModelApprovalStatusPendingManualApproval ||
				*out.CreatedBy.IamIdentity.Arn != identity || out.LastModifiedBy != nil || !out.LastModifiedTime.Equal(*out.CreationTime) ||
				len(out.ModelPackageStatusDetails.ValidationStatuses) != 0 || out.ModelPackageStatusDetails.ValidationStatuses == nil ||
				len(out.ModelPackageStatusDetails.ImageScanStatuses) != 0 || out.ModelPackageStatusDetails.ImageScanStatuses == nil ||
				*out.InferenceSpecification.Containers[0].ImageDigest != digest {
				t.Errorf("%s: %+v", name, out)
			}
			for member, pair := range map[string][2]any{
				"description": {out.ModelPackageDescription, in.ModelPackageDescription}, "metadata": {out.CustomerMetadataProperties, in.CustomerMetadataProperties},
				"properties": {out.MetadataProperties, in.MetadataProperties}, "metrics": {out.ModelMetrics, in.ModelMetrics},
				"baselines": {out.DriftCheckBaselines, in.DriftCheckBaselines}, "inference": {out.InferenceSpecification, in.InferenceSpecification},
				"additional": {out.AdditionalInferenceSpecifications, in.AdditionalInferenceSpecifications}, "domain": {out.Domain, in.Domain},
				"task": {out.Task, in.Task}, "payload": {out.SamplePayloadUrl, in.SamplePayloadUrl},
			} {
				if got, want := text(t, pair[0]), text(t, pair[1]); got != want {
					t.Errorf("%s: %s, want %s", member, got, want)
				}
			}
		}
		in = version("arn:aws:sagemaker:us-east-1:123456789012:model-package-group/churn")
		in.ModelApprovalStatus = sagemaker.ModelApprovalStatusApproved
		if out := b.describe(b.create(in)); *out.ModelPackageVersion != 2 || out.ModelApprovalStatus != sagemaker.ModelApprovalStatusApproved {
			t.Errorf("by ARN: %+v", out)
		}
		if out := b.describe(b.create(&sagemaker.CreateModelPackageInput{ModelPackageGroupName: aws.Ptr("Churn")})); out.InferenceSpecification != nil ||
			out.ModelApprovalStatus != sagemaker.ModelApprovalStatusPendingManualApproval || out.SkipModelValidation != sagemaker.SkipModelValidationNone || *out.CertifyForMarketplace {
			t.Errorf("nothing given: %+v", out)
		}
	})
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}

// CreateModelPackage-3, CreateModelPackage-4, CreateModelPackage-6,
// CreateModelPackage-7, DescMP-2, DescMP-3, DescMP-4: packages without versions, and
// what an algorithm says about inference.
func TestUnversioned(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		in := single("Alone")
		in.Tags = []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}}
		in.ModelApprovalStatus = sagemaker.ModelApprovalStatusPendingManualApproval // as the SDK does
		arn := b.create(in)
		out := b.describe("Alone")
		if *out.ModelPackageArn != arn || *out.ModelPackageName != "Alone" || out.ModelPackageGroupName != nil || out.ModelPackageVersion != nil ||
			out.ModelApprovalStatus != "" || *out.CertifyForMarketplace || out.ModelPackageStatus != sagemaker.ModelPackageStatusCompleted {
			t.Errorf("%+v", out)
		}
		_, err := b.CreateModelPackage(b.ctx, single("alone"))
		refused(t, err, aws.ValidationException, "ModelPackage already exists")
		derived := &sagemaker.CreateModelPackageInput{ModelPackageName: aws.Ptr("derived"), SourceAlgorithmSpecification: &sagemaker.SourceAlgorithmSpecification{
			SourceAlgorithms: []*sagemaker.SourceAlgorithm{{AlgorithmName: aws.Ptr("forest"), ModelDataUrl: aws.Ptr("s3://bucket/forest.tar.gz")}},
		}}
		b.create(derived)
		out = b.describe("derived")
		if c := out.InferenceSpecification.Containers[0]; *c.Image != "forest/serve:1" || *c.ModelDataUrl != "s3://bucket/forest.tar.gz" || out.SourceAlgorithmSpecification == nil {
			t.Errorf("%+v", out)
		}
		if got, err := b.deploy("derived", nil); err != nil || *got[0].ModelDataUrl != "s3://bucket/forest.tar.gz" {
			t.Errorf("%v, %v", got, err)
		}
		must(t, b.DB.View(b.ctx, func(tx *store.Tx) error {
			tags, err := store.Tags(tx, home, arn)
			if tags["k"] != "v" {
				t.Errorf("tags %v", tags)
			}
			record, err2 := b.Searchable()[0].Record(tx, home, "Alone")
			if len(record.ModelPackage.Tags) != 1 || *record.ModelPackage.ModelPackageArn != arn {
				t.Errorf("record %+v", record.ModelPackage)
			}
			return errors.Join(err, err2)
		}))
		for _, name := range []string{"Alone", "derived"} {
			_, err = b.DeleteModelPackage(b.ctx, &sagemaker.DeleteModelPackageInput{ModelPackageName: &name})
			must(t, err)
			_, err = b.DescribeModelPackage(b.ctx, &sagemaker.DescribeModelPackageInput{ModelPackageName: &name})
			refused(t, err, aws.ValidationException, "Could not find model package")
		}
	})
}

// CreateModelPackage-1, CreateModelPackage-3, CreateModelPackage-4,
// CreateModelPackage-6, CreateModelPackage-7, CreateModelPackage-8,
// CreateModelPackage-11, CreateModelPackage-12, DescMP-3, DescMP-4, DescMP-6,
// DescMP-11, Common-9: what is refused, in which words, and nothing is left of it:
// the next version takes the next number.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		b.create(single("taken"))
		change := func(in *sagemaker.CreateModelPackageInput, f func(in *sagemaker.CreateModelPackageInput)) *sagemaker.CreateModelPackageInput {
			f(in)
			return in
		}
		type input = sagemaker.CreateModelPackageInput
		algorithm := func(name, data string) *sagemaker.SourceAlgorithmSpecification {
			return &sagemaker.SourceAlgorithmSpecification{SourceAlgorithms: []*sagemaker.SourceAlgorithm{{AlgorithmName: &name, ModelDataUrl: &data}}}
		}
		profile := &sagemaker.ModelPackageValidationSpecification{ValidationRole: aws.Ptr("arn:aws:iam::123456789012:role/r")}
		sixteen := make([]string, 16)
		for i := range sixteen {
			sixteen[i] = fmt.Sprint("s", i)
		}
		for _, c := range []struct {
			want string
			in   *input
		}{
			{"needs a ModelPackageGroupName", &input{}},
			{"Both ModelPackageName and", change(version("g"), func(in *input) { in.ModelPackageName = aws.Ptr("n") })},
			{`model package group "missing": it does not exist`, version("missing")},
			{"takes no Tags", change(version("g"), func(in *input) { in.Tags = []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}} })},
			{"without versions", change(version("g"), func(in *input) { in.CertifyForMarketplace = aws.Ptr(true) })},
			{"needs no approval", change(single("n"), func(in *input) { in.ModelApprovalStatus = sagemaker.ModelApprovalStatusApproved })},
			{"needs an InferenceSpecification", &input{ModelPackageName: aws.Ptr("n")}},
			{"needs SupportedTransform", change(single("n"), func(in *input) { in.InferenceSpecification.SupportedTransformInstanceTypes = nil })},
			{"needs SupportedTransform", change(single("n"), func(in *input) { in.InferenceSpecification.SupportedRealtimeInferenceInstanceTypes = nil })},
			{"not both", change(version("g"), func(in *input) { in.SourceAlgorithmSpecification = algorithm("forest", "s3://b/m.tar.gz") })},
			{"does not exist", &input{ModelPackageName: aws.Ptr("n"), SourceAlgorithmSpecification: algorithm("nope", "s3://b/m.tar.gz")}},
			{"single gzip-compressed", &input{ModelPackageName: aws.Ptr("n"), SourceAlgorithmSpecification: algorithm("forest", "s3://b/m.zip")}},
			{"batch transform", change(version("g"), func(in *input) { in.ValidationSpecification = profile })},
			{"batch transform", change(version("g"), func(in *input) {
				in.ValidationSpecification, in.SkipModelValidation = profile, sagemaker.SkipModelValidationNone
			})},
			{"SamplePayloadUrl", change(version("g"), func(in *input) { in.SamplePayloadUrl = aws.Ptr("s3://b/sample.csv") })},
			{"single gzip-compressed", change(version("g"), func(in *input) {
				in.InferenceSpecification.Containers[0].ModelDataUrl = aws.Ptr("https://b/m.tar.gz")
			})},
			{"single gzip-compressed", change(version("g"), func(in *input) { in.InferenceSpecification.Containers[0].ModelDataUrl = aws.Ptr("s3://m.tar.gz") })},
			{"single gzip-compressed", change(version("g"), func(in *input) {
				in.AdditionalInferenceSpecifications = additional("a")
				in.AdditionalInferenceSpecifications[0].Containers[0].ModelDataUrl = aws.Ptr("s3://b/m")
			})},
			{"occurs more than once", change(version("g"), func(in *input) { in.AdditionalInferenceSpecifications = additional("a", "b", "a") })},
			{"can have up to 15", change(version("g"), func(in *input) { in.AdditionalInferenceSpecifications = additional(sixteen...) })},
			{"ImageDigest is sha256:1", change(version("g"), func(in *input) {
				in.InferenceSpecification.Containers[0].ImageDigest = aws.Ptr("sha256:1" + digest[8:])
			})},
			{"ModelPackage already exists", single("taken")},
		} {
			_, err := b.CreateModelPackage(b.ctx, c.in)
			refused(t, err, aws.ValidationException, c.want)
		}
		if got := b.list(&sagemaker.ListModelPackagesInput{ModelPackageType: sagemaker.ModelPackageTypeBoth}); !slices.Equal(got, []string{"taken"}) {
			t.Errorf("left over: %v", got)
		}
		skipped := change(version("g"), func(in *input) {
			in.ValidationSpecification, in.SkipModelValidation = profile, sagemaker.SkipModelValidationAll
		})
		if out := b.describe(b.create(skipped)); *out.ModelPackageVersion != 1 || out.SkipModelValidation != sagemaker.SkipModelValidationAll || out.ValidationSpecification == nil {
			t.Errorf("skipped: %+v", out)
		}
	})
}

// CreateAlgorithm's digests, Common-6: images that are not known yet have none; one
// that cannot be asked for is our failure, not the caller's.
func TestDigests(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		for _, image := range []string{"unknown/i:1", "nameless/i:1"} {
			in := version("g")
			in.InferenceSpecification.Containers[0].Image = &image
			if c := b.describe(b.create(in)).InferenceSpecification.Containers[0]; c.ImageDigest != nil {
				t.Errorf("%s: %s", image, *c.ImageDigest)
			}
		}
		in := version("g")
		in.InferenceSpecification.Containers[0].Image = aws.Ptr("broken/i:1")
		if _, err := b.CreateModelPackage(b.ctx, in); err == nil || aws.CodeOf(err) == aws.ValidationException {
			t.Errorf("got %v", err)
		}
	})
}

// CreateModelPackage-2, -10: ten writers get the numbers 1 to n without gaps; a
// number is not given again after its version was deleted; the same client token
// gives no second version, and with another request it is a conflict.
func TestVersionNumbers(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		const writers, each = 10, 12
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					if _, err := b.CreateModelPackage(b.ctx, version("g")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		want := make([]string, writers*each)
		for i := range want {
			want[i] = fmt.Sprintf("g/%d", i+1)
		}
		got := b.list(&sagemaker.ListModelPackagesInput{ModelPackageGroupName: aws.Ptr("g"), MaxResults: aws.Ptr[int32](7)})
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("numbers %v", got)
		}
		for range 2 {
			last := fmt.Sprintf("g/%d", writers*each)
			if _, err := b.DeleteModelPackage(b.ctx, &sagemaker.DeleteModelPackageInput{ModelPackageName: &last}); err != nil && aws.CodeOf(err) != aws.ValidationException {
				t.Fatal(err)
			}
		}
		in := version("g")
		in.ClientToken = aws.Ptr("token")
		first := b.create(in)
		if !strings.HasSuffix(first, fmt.Sprintf("/%d", writers*each+1)) {
			t.Errorf("after a deletion: %s", first)
		}
		in = version("g")
		in.ClientToken = aws.Ptr("token")
		if again := b.create(in); again != first {
			t.Errorf("the same token: %s and %s", first, again)
		}
		in = version("g")
		in.ClientToken, in.ModelPackageDescription = aws.Ptr("token"), aws.Ptr("another")
		_, err := b.CreateModelPackage(b.ctx, in)
		refused(t, err, aws.ConflictException, "another request")
		// Many at once with one token make one version.
		arns := make([]string, 8)
		for i := range arns {
			wg.Go(func() {
				in := version("g")
				in.ClientToken = aws.Ptr("shared")
				if out, err := b.CreateModelPackage(b.ctx, in); err != nil {
					t.Error(err)
				} else {
					arns[i] = *out.ModelPackageArn
				}
			})
		}
		wg.Wait()
		if slices.Sort(arns); len(slices.Compact(arns)) != 1 {
			t.Errorf("one token, %v", arns)
		}
	})
}

// The last number that a version's name has room for is the last one given.
func TestVersionNumbersEnd(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		must(t, b.DB.Update(b.ctx, func(tx *store.Tx) error {
			g, err := groups.Get(tx, home, "g")
			if err != nil {
				return err
			}
			g.Body.Versions = mostVersions - 1
			return groups.Update(tx, g)
		}))
		if arn := b.create(version("g")); !strings.HasSuffix(arn, "/99999") {
			t.Errorf("got %s", arn)
		}
		_, err := b.CreateModelPackage(b.ctx, version("g"))
		refused(t, err, aws.ResourceLimitExceeded, "another group")
	})
}

// Nothing of a version is left when what belongs to its transaction fails: no
// version, no number, no token, no lineage (QL-9).
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		b.journal.refuse = true
		in := version("g")
		in.ClientToken = aws.Ptr("token")
		_, err := b.CreateModelPackage(b.ctx, in)
		refused(t, err, aws.ValidationException, "no lineage")
		b.journal.refuse = false
		in = version("g")
		in.ClientToken = aws.Ptr("token")
		arn := b.create(in)
		if !strings.HasSuffix(arn, "/g/1") {
			t.Errorf("got %s", arn)
		}
		b.journal.refuse = true
		update := &sagemaker.UpdateModelPackageInput{ModelPackageArn: &arn, ModelApprovalStatus: sagemaker.ModelApprovalStatusApproved}
		_, err = b.UpdateModelPackage(b.ctx, update)
		refused(t, err, aws.ValidationException, "no lineage")
		if out := b.describe(arn); out.ModelApprovalStatus != sagemaker.ModelApprovalStatusPendingManualApproval || out.LastModifiedBy != nil {
			t.Errorf("%+v", out)
		}
		b.journal.refuse = false
		b.approve(arn, sagemaker.ModelApprovalStatusApproved)
		b.approve(arn, sagemaker.ModelApprovalStatusApproved) // decides nothing new
		b.approve(arn, sagemaker.ModelApprovalStatusRejected)
		must(t, b.DB.View(b.ctx, func(tx *store.Tx) error {
			r, err := notes.Get(tx, home, "notes")
			if want := []string{"made " + arn + " of g", "Approved " + arn, "Rejected " + arn}; err == nil && !reflect.DeepEqual(r.Body, want) {
				t.Errorf("lineage heard %q", r.Body)
			}
			return err
		}))
	})
}
