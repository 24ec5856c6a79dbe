package channel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/channel"
)

// Create finds out whether there is data (CreateTrainingJob-17).
func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("foreign", "999999999999")
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
		{channel.ManifestFile, "s3://data/good.json", true, ""},
		{channel.ManifestFile, "s3://data/lost.json", true, "does not exist"},
		{channel.ManifestFile, "s3://data/none.json", false, "the manifest s3://data/none.json does not exist"},
		{channel.ManifestFile, "s3://data/bad.json", false, "is no JSON array"},
		{channel.AugmentedManifestFile, "s3://data/good.lines", true, ""},
		{channel.AugmentedManifestFile, "s3://data/bad.lines", false, `line 1 has no attribute "x-ref"`},
	} {
		found, err := w.Look(t.Context(), account, channel.Channel{Name: "c", Type: c.kind, URI: c.uri, AttributeNames: []string{"x-ref"}})
		if c.want == "" && (err != nil || found != c.found) {
			t.Errorf("%s %s: %v, %v", c.kind, c.uri, found, err)
		}
		var mine *channel.Error
		if c.want != "" && (!errors.As(err, &mine) || !strings.Contains(mine.Reason, c.want)) {
			t.Errorf("%s %s: %v, want %q", c.kind, c.uri, err, c.want)
		}
	}
}
