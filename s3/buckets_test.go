package s3_test

import (
	"net/http"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "one")
	s.bucket(t, "one") // us-east-1 forgives one's own
	_, err := s.client(otherKey).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: ptr("one")})
	wantCode(t, "another's name", err, "BucketAlreadyExists")

	frankfurt := s.client(accountKey, func(o *awss3.Options) { o.Region = "eu-central-1" })
	_, err = frankfurt.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: ptr("two")})
	wantCode(t, "no constraint outside us-east-1", err, "IllegalLocationConstraintException")
	in := &awss3.CreateBucketInput{Bucket: ptr("two"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-central-1"}}
	if _, err = frankfurt.CreateBucket(ctx, in); err != nil {
		t.Fatal(err)
	}
	_, err = frankfurt.CreateBucket(ctx, in)
	wantCode(t, "again outside us-east-1", err, "BucketAlreadyOwnedByYou")
	in.CreateBucketConfiguration.LocationConstraint = "eu-west-1"
	_, err = frankfurt.CreateBucket(ctx, in)
	wantCode(t, "another region", err, "IllegalLocationConstraintException")

	for _, name := range []string{"ab", strings.Repeat("a", 64), "Upper", "under_score", "192.168.1.1", "-edge", "edge-", "a..b", "xn--a", "a-s3alias"} {
		_, err := c.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: &name})
		wantCode(t, name, err, "InvalidBucketName")
	}

	l, err := c.ListBuckets(ctx, &awss3.ListBucketsInput{})
	if err != nil || len(l.Buckets) != 2 || *l.Buckets[0].Name != "one" || l.Buckets[0].CreationDate == nil || *l.Buckets[1].BucketRegion != "eu-central-1" {
		t.Fatalf("list: %+v, %v", l, err)
	}
	l, err = c.ListBuckets(ctx, &awss3.ListBucketsInput{MaxBuckets: ptr(int32(1))})
	if err != nil || len(l.Buckets) != 1 || l.ContinuationToken == nil {
		t.Fatalf("page: %+v, %v", l, err)
	}
	l, err = c.ListBuckets(ctx, &awss3.ListBucketsInput{MaxBuckets: ptr(int32(1)), ContinuationToken: l.ContinuationToken})
	if err != nil || len(l.Buckets) != 1 || *l.Buckets[0].Name != "two" || l.ContinuationToken != nil {
		t.Fatalf("page: %+v, %v", l, err)
	}

	h, err := c.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: ptr("two"), ExpectedBucketOwner: ptr(account)})
	if err != nil || *h.BucketRegion != "eu-central-1" {
		t.Fatalf("head: %+v, %v", h, err)
	}
	_, err = c.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: ptr("two"), ExpectedBucketOwner: ptr(other)})
	wantCode(t, "expected owner", err, "Forbidden")
	_, err = c.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: ptr("none")})
	wantCode(t, "head of none", err, "NotFound")
	for name, want := range map[string]types.BucketLocationConstraint{"one": "", "two": "eu-central-1"} {
		loc, err := c.GetBucketLocation(ctx, &awss3.GetBucketLocationInput{Bucket: &name})
		if err != nil || loc.LocationConstraint != want {
			t.Errorf("location of %s: %+v, %v", name, loc, err)
		}
	}
	v, err := c.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: ptr("one")})
	if err != nil || v.Status != "" {
		t.Errorf("versioning: %+v, %v", v, err)
	}

	s.put(t, "one", "k", "x")
	_, err = c.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: ptr("one")})
	wantCode(t, "full", err, "BucketNotEmpty")
	if _, err = c.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: ptr("two")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: ptr("two")})
	wantCode(t, "gone", err, "NoSuchBucket")
}

func TestBucketTagging(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "tagged")
	_, err := c.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: ptr("tagged")})
	wantCode(t, "none", err, "NoSuchTagSet")
	set := []types.Tag{{Key: ptr("a"), Value: ptr("1 & <2>")}, {Key: ptr("b"), Value: ptr("")}}
	if _, err := c.PutBucketTagging(ctx, &awss3.PutBucketTaggingInput{Bucket: ptr("tagged"), Tagging: &types.Tagging{TagSet: set}}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: ptr("tagged")})
	if err != nil || len(got.TagSet) != 2 || *got.TagSet[0].Value != "1 & <2>" {
		t.Fatalf("%+v, %v", got, err)
	}
	twice := &types.Tagging{TagSet: []types.Tag{set[0], set[0]}}
	_, err = c.PutBucketTagging(ctx, &awss3.PutBucketTaggingInput{Bucket: ptr("tagged"), Tagging: twice})
	wantCode(t, "twice", err, "InvalidTag")
	if _, err := c.DeleteBucketTagging(ctx, &awss3.DeleteBucketTaggingInput{Bucket: ptr("tagged")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: ptr("tagged")})
	wantCode(t, "deleted", err, "NoSuchTagSet")
}

// TestBucketConfigurations: what cannot be set is absent, and setting it is
// refused clearly.
func TestBucketConfigurations(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "plain")
	for sub, want := range map[string]string{"policy": "NoSuchBucketPolicy", "cors": "NoSuchCORSConfiguration", "lifecycle": "NoSuchLifecycleConfiguration",
		"website": "NoSuchWebsiteConfiguration", "object-lock": "ObjectLockConfigurationNotFoundError", "replication": "ReplicationConfigurationNotFoundError"} {
		res, body := s.do(t, raw{method: "GET", target: "/plain?" + sub, key: accountKey})
		if res.StatusCode != 404 || !strings.Contains(body, "<Code>"+want+"</Code>") {
			t.Errorf("%s: %d %s", sub, res.StatusCode, body)
		}
		res, body = s.do(t, raw{method: "PUT", target: "/plain?" + sub, key: accountKey, body: "<x/>"})
		if res.StatusCode != http.StatusNotImplemented || !strings.Contains(body, "PUT ?"+sub+" is not implemented") {
			t.Errorf("put %s: %d %s", sub, res.StatusCode, body)
		}
	}
	c := s.client(accountKey)
	acl, err := c.GetBucketAcl(t.Context(), &awss3.GetBucketAclInput{Bucket: ptr("plain")})
	if err != nil || len(acl.Grants) != 1 || acl.Grants[0].Permission != "FULL_CONTROL" || *acl.Grants[0].Grantee.ID != *acl.Owner.ID || len(*acl.Owner.ID) != 64 {
		t.Errorf("acl: %+v, %v", acl, err)
	}
	_, err = c.PutBucketAcl(t.Context(), &awss3.PutBucketAclInput{Bucket: ptr("plain"), ACL: "public-read"})
	wantCode(t, "public", err, "AccessControlListNotSupported")
	if _, err = c.PutBucketAcl(t.Context(), &awss3.PutBucketAclInput{Bucket: ptr("plain"), ACL: "private"}); err != nil {
		t.Error(err)
	}
}
