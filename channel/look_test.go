package channel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel"
)

// home is the scope of the jobs that look.
var home = aws.Scope{Account: account, Region: "us-east-1"}

// Create finds out whether there is data (CreateTrainingJob-17), in a bucket of
// the account and, unless any will do, of the region (Data-10).
func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("foreign", "999999999999")
	if err := w.objects.CreateBucket(t.Context(), blob.Bucket{Name: "elsewhere", Account: account, Region: "eu-west-1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.objects.Put(t.Context(), "elsewhere", "a", strings.NewReader("x"), blob.PutOptions{Size: 1}); err != nil {
		t.Fatal(err)
	}
	w.put("far.json", `[{"prefix": "s3://elsewhere/"}, "a"]`)
	w.put("d/", "")
	w.put("full/a", "x")
	w.put("good.json", `[{"prefix": "s3://data/full/"}, "a"]`)
	w.put("lost.json", `[{"prefix": "s3://data/full/"}, "b"]`)
	w.put("bad.json", `{}`)
	w.put("good.lines", strings.Repeat(`{"x-ref": "s3://data/full/a"}`+"\n", 200)+"rubbish")
	w.put("bad.lines", `{"y": 1}`)
	for _, c := range []struct {
		kind, uri string
		found     bool
		want      string
	}{
		{channel.S3Prefix, "s3://data/full/", true, ""},
		{channel.S3Prefix, "s3://data/d/", false, ""},
		{channel.S3Prefix, "s3://data/nothing", false, ""},
		{channel.S3Prefix, "s3://foreign/", false, ""},
		{channel.S3Prefix, "s3://nobody/", false, ""},
		{channel.S3Prefix, "s3://elsewhere/", false, ""},
		{channel.ManifestFile, "s3://data/far.json", false, `the bucket "elsewhere" is in the region eu-west-1, and data must be in the job's own region, us-east-1`},
		{channel.ManifestFile, "s3://data/good.json", true, ""},
		{channel.ManifestFile, "s3://data/lost.json", true, "does not exist"},
		{channel.ManifestFile, "s3://data/none.json", false, "the manifest s3://data/none.json does not exist"},
		{channel.ManifestFile, "s3://data/bad.json", false, "is no JSON array"},
		{channel.AugmentedManifestFile, "s3://data/good.lines", true, ""},
		{channel.AugmentedManifestFile, "s3://data/bad.lines", false, `line 1 has no attribute "x-ref"`},
	} {
		found, err := w.Look(t.Context(), home, channel.Channel{Name: "c", Type: c.kind, URI: c.uri, AttributeNames: []string{"x-ref"}})
		if c.want == "" && (err != nil || found != c.found) {
			t.Errorf("%s %s: %v, %v", c.kind, c.uri, found, err)
		}
		var mine *channel.Error
		if c.want != "" && (!errors.As(err, &mine) || !strings.Contains(mine.Reason, c.want)) {
			t.Errorf("%s %s: %v, want %q", c.kind, c.uri, err, c.want)
		}
	}
	for _, c := range []channel.Channel{{Name: "c", Type: channel.S3Prefix, URI: "s3://elsewhere/"}, {Name: "c", Type: channel.ManifestFile, URI: "s3://data/far.json"}} {
		if found, err := w.Look(t.Context(), aws.Scope{Account: account}, c); !found || err != nil {
			t.Errorf("%s, in any region: %v, %v", c.URI, found, err)
		}
	}
	// What has changed since Create is found out when the data is brought.
	r := w.request("job", channel.Channel{Name: "c", Mode: channel.Pipe, Type: channel.AugmentedManifestFile, URI: "s3://data/ref.lines", AttributeNames: []string{"x-ref"}})
	r.Region = home.Region
	w.put("ref.lines", `{"x-ref": "s3://elsewhere/a"}`)
	var mine *channel.Error
	if err := w.Stage(t.Context(), r); !errors.As(err, &mine) || !strings.Contains(mine.Reason, "is in the region eu-west-1") {
		t.Errorf("a reference into another region: %v", err)
	}
}
