package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModelPackage-15, DescMP-13, Co-1: what each combination of type, group,
// approval and name lists, in which order.
//
// covers: sagemaker.ListModelPackages sagemaker.DeleteModelPackage
func TestList(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("First")
		b.group("second")
		approved, rejected := sagemaker.ModelApprovalStatusApproved, sagemaker.ModelApprovalStatusRejected
		for i := range 11 {
			in := version("First")
			if i%5 == 0 {
				in.ModelApprovalStatus = approved
			}
			b.create(in)
		}
		b.create(single("Alone"))
		b.create(version("second"))
		b.create(single("zebra"))
		versions, unversionedType, both := sagemaker.ModelPackageTypeVersioned, sagemaker.ModelPackageTypeUnversioned, sagemaker.ModelPackageTypeBoth
		first := "first/1 first/2 first/3 first/4 first/5 first/6 first/7 first/8 first/9 first/10 first/11"
		type input = sagemaker.ListModelPackagesInput
		for _, c := range []struct {
			want string
			in   input
		}{
			{"alone zebra", input{}},
			{"alone zebra", input{ModelPackageType: unversionedType}},
			{"zebra alone", input{SortOrder: sagemaker.SortOrderDescending, SortBy: sagemaker.ModelPackageSortByName}},
			{first + " second/1", input{ModelPackageType: versions}},
			{first + " alone second/1 zebra", input{ModelPackageType: both}},
			{first, input{ModelPackageGroupName: aws.Ptr("First")}},
			{first, input{ModelPackageGroupName: aws.Ptr("First"), SortBy: sagemaker.ModelPackageSortByName}},
			{first, input{ModelPackageGroupName: aws.Ptr(groups.ARN(home, "First")), ModelPackageType: versions}},
			{first, input{ModelPackageGroupName: aws.Ptr("First"), ModelPackageType: both}},
			{"first/11 first/6 first/1", input{ModelPackageGroupName: aws.Ptr("First"), ModelApprovalStatus: approved, SortOrder: sagemaker.SortOrderDescending}},
			{"first/1 first/6 first/11", input{ModelPackageType: versions, ModelApprovalStatus: approved}},
			{"", input{ModelPackageGroupName: aws.Ptr("First"), ModelApprovalStatus: rejected}},
			{"", input{ModelApprovalStatus: approved}},
			{"second/1", input{ModelPackageType: both, NameContains: aws.Ptr("eco")}},
			{"", input{ModelPackageType: both, NameContains: aws.Ptr("11")}}, // a version's number is not in its name
			{"zebra", input{NameContains: aws.Ptr("z")}},
			{"", input{ModelPackageGroupName: aws.Ptr("second"), NameContains: aws.Ptr("First")}},
		} {
			for _, size := range []int32{1, 3, 100} {
				in := c.in
				in.MaxResults = &size
				if got := strings.Join(b.list(&in), " "); got != c.want {
					t.Errorf("%+v, pages of %d: %q, want %q", c.in, size, got, c.want)
				}
			}
		}
		out, err := b.ListModelPackages(b.ctx, &input{ModelPackageType: both, SortOrder: sagemaker.SortOrderDescending, MaxResults: aws.Ptr[int32](2)})
		must(t, err)
		if p, v := out.ModelPackageSummaryList[0], out.ModelPackageSummaryList[1]; *p.ModelPackageName != "zebra" || p.ModelPackageVersion != nil || p.ModelApprovalStatus != "" ||
			v.ModelPackageName != nil || *v.ModelPackageGroupName != "second" || *v.ModelPackageVersion != 1 || v.ModelApprovalStatus != sagemaker.ModelApprovalStatusPendingManualApproval {
			t.Errorf("%+v, %+v", p, v)
		}
		_, err = b.ListModelPackages(b.ctx, &input{ModelPackageGroupName: aws.Ptr("First"), ModelPackageType: unversionedType})
		refused(t, err, aws.ValidationException, "contradicts")
		_, err = b.ListModelPackages(b.ctx, &input{ModelPackageGroupName: aws.Ptr("missing")})
		refused(t, err, aws.ValidationException, "does not exist")
		_, err = b.ListModelPackages(b.ctx, &input{ModelPackageType: versions, NextToken: out.NextToken})
		refused(t, err, aws.ValidationException, "same filters")
		stranger := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		if out, err := b.ListModelPackages(stranger, &input{ModelPackageType: both}); err != nil || len(out.ModelPackageSummaryList) != 0 {
			t.Errorf("a stranger: %+v, %v", out, err)
		}
	})
}

// Gen-5: paging while versions are registered and deleted shows each version that
// is there throughout exactly once.
func TestListWhileOthersWrite(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		var stay []string
		for i := range 60 {
			arn := b.create(version("g"))
			if i%2 == 0 {
				stay = append(stay, strings.TrimPrefix(arn, packages.ARN(home, "")))
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 2; i <= 60; i += 2 {
				if _, err := b.DeleteModelPackage(b.ctx, &sagemaker.DeleteModelPackageInput{ModelPackageName: aws.Ptr(fmt.Sprintf("g/%d", i))}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 30 {
				if _, err := b.CreateModelPackage(b.ctx, version("g")); err != nil {
					t.Error(err)
				}
			}
		})
		for range 5 {
			got := b.list(&sagemaker.ListModelPackagesInput{ModelPackageGroupName: aws.Ptr("g"), MaxResults: aws.Ptr[int32](3)})
			for _, name := range stay {
				if i := slices.Index(got, name); i < 0 || slices.Contains(got[i+1:], name) {
					t.Errorf("%s is not there once: %v", name, got)
				}
			}
		}
		wg.Wait()
	})
}

// BatchDescribeModelPackage-1, BatchDescribeModelPackage-2,
// BatchDescribeModelPackage-3, BatchDescribeModelPackage-4, Co-3: found ones by ARN, the others with the
// reason; duplicates collapse; no map of errors when nothing failed.
//
// covers: sagemaker.BatchDescribeModelPackage
func TestBatchDescribe(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		one, two := b.create(version("g")), b.create(version("g"))
		alone, bare := b.create(single("alone")), b.create(&sagemaker.CreateModelPackageInput{ModelPackageGroupName: aws.Ptr("g")})
		out, err := b.BatchDescribeModelPackage(b.ctx, &sagemaker.BatchDescribeModelPackageInput{ModelPackageArnList: []string{one, two, one}})
		must(t, err)
		if s := out.ModelPackageSummaries[two]; len(out.ModelPackageSummaries) != 2 || out.BatchDescribeModelPackageErrorMap != nil || *s.ModelPackageVersion != 2 ||
			*s.ModelPackageGroupName != "g" || s.InferenceSpecification == nil || s.ModelPackageStatus != sagemaker.ModelPackageStatusCompleted || *s.ModelPackageArn != two {
			t.Errorf("%+v", out)
		}
		foreign := strings.Replace(one, home.Account, "210987654321", 1)
		wrong := map[string]string{alone: "without versions", bare: "no inference specification", one + "0": "Could not find model package", foreign: "Could not find model package"}
		list := []string{one}
		for arn := range wrong {
			list = append(list, arn)
		}
		out, err = b.BatchDescribeModelPackage(b.ctx, &sagemaker.BatchDescribeModelPackageInput{ModelPackageArnList: list})
		must(t, err)
		if len(out.ModelPackageSummaries) != 1 || len(out.BatchDescribeModelPackageErrorMap) != len(wrong) {
			t.Errorf("%+v", out)
		}
		for arn, want := range wrong {
			e := out.BatchDescribeModelPackageErrorMap[arn]
			if e == nil || *e.ErrorCode != "ValidationException" || !strings.Contains(*e.ErrorResponse, want) {
				t.Errorf("%s: %+v", arn, e)
			}
		}
	})
}

// CreateModelPackage-3: versions go by their group's tags, everything else by its own.
func TestTagOwner(t *testing.T) {
	t.Parallel()
	prefix := "arn:aws:sagemaker:us-east-1:123456789012:"
	for arn, want := range map[string]string{
		prefix + "model-package/g/1":         prefix + "model-package-group/g",
		prefix + "model-package/alone":       prefix + "model-package/alone",
		prefix + "model-package-group/g":     prefix + "model-package-group/g",
		prefix + "model-card/c/export-job/j": prefix + "model-card/c/export-job/j",
		"arn:aws:s3:::bucket":                "arn:aws:s3:::bucket",
		"x":                                  "x",
	} {
		if got := TagOwner(arn); got != want {
			t.Errorf("%s: %s", arn, got)
		}
	}
}

// Search-1: what Search sees of groups and versions.
func TestRecords(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g", &sagemaker.Tag{Key: aws.Ptr("k"), Value: aws.Ptr("v")})
		arn := b.create(version("g"))
		packages, groups := b.Searchable()[0], b.Searchable()[1]
		must(t, b.DB.View(b.ctx, func(tx *store.Tx) error {
			g, err := groups.Record(tx, home, "g")
			if err != nil {
				return err
			}
			if *g.ModelPackageGroup.ModelPackageGroupName != "g" || len(g.ModelPackageGroup.Tags) != 1 {
				t.Errorf("%+v", g.ModelPackageGroup)
			}
			p, err := packages.Record(tx, home, "g/1")
			if err != nil {
				return err
			}
			if *p.ModelPackage.ModelPackageArn != arn || *p.ModelPackage.ModelPackageVersion != 1 || len(p.ModelPackage.Tags) != 0 {
				t.Errorf("%+v", p.ModelPackage)
			}
			for _, kind := range b.Searchable() {
				if _, err := kind.Record(tx, home, "nope"); !errors.Is(err, store.ErrNotFound) {
					t.Error("a record of nothing")
				}
			}
			return nil
		}))
	})
}
