package s3

import (
	"encoding/xml"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseRange: whatever the header, the range that comes out lies within any
// object or is refused, and a plain one means what it says.
func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"", "bytes=0-1", "bytes=-5", "bytes=5-", "bytes=5-2", "bytes=0-1,2-3", "bytes= 1-2", "bytes=-0", "items=1-2",
		"bytes=9223372036854775807-9223372036854775807", "bytes=0-99999999999999999999", "bytes=--1", "bytes=1-\x00"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, s string, size int64) {
		size &= math.MaxInt64
		r := parseRange(s)
		offset, length, err := r.Resolve(size)
		if err == nil && (offset < 0 || length < 0 || offset > size || length > size-offset) {
			t.Errorf("%q of %d: %d+%d", s, size, offset, length)
		}
		if r != nil && err == nil && length == 0 {
			t.Errorf("%q of %d: an empty range", s, size)
		}
		if _, err := parseCopyRange(s, size); err == nil && s != "" && (r == nil || r.Offset+r.Length > size) {
			t.Errorf("%q of %d: copy range beyond the end", s, size)
		}
	})
}

// FuzzParseXML: no document makes the parser fail otherwise than by MalformedXML.
func FuzzParseXML(f *testing.F) {
	for _, s := range []string{"", "<Delete><Object><Key>a</Key></Object></Delete>", "<Delete/>", "<Delete>", "<Delete></Delete><Delete/>", `<!DOCTYPE x><Delete/>`,
		strings.Repeat("<Delete>", 100), "<Delete xmlns='x'><Quiet>true</Quiet></Delete>", "\xff\xfe", "<Delete>&lol;</Delete>", "<Delete><Quiet>x</Quiet></Delete>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc struct {
			Object []struct{ Key, VersionId string }
			Quiet  bool
		}
		if err := parseXML(data, "Delete", &doc); err != nil && toError(err).Code != "MalformedXML" {
			t.Errorf("%q: %v", data, err)
		}
		var tags tagging
		if parseXML(data, "Tagging", &tags) == nil {
			if _, err := tagMap(tags.TagSet.Tag, 10); err != nil && toError(err).Status != 400 {
				t.Errorf("%q: %v", data, err)
			}
		}
	})
}

// FuzzListOptions: the parameters of listings are taken or refused, never more.
func FuzzListOptions(f *testing.F) {
	for _, s := range []string{"prefix=a&delimiter=/&max-keys=5", "max-keys=-1", "max-keys=99999999999", "encoding-type=url", "continuation-token=MWE", "continuation-token=%00",
		"prefix=%ff", "marker=%00", "list-type=2&start-after=%F4%8F%BF%BF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := parseQuery(raw)
		if err != nil {
			return
		}
		q := &request{query: values}
		o, enc, err := q.listOptions("max-keys")
		if err != nil {
			if toError(err).Status != 400 {
				t.Error(err)
			}
			return
		}
		if o.Max < 0 || o.Max > 1000 || !utf8.ValidString(o.Prefix) || !utf8.ValidString(o.Delimiter) {
			t.Errorf("%q: %+v", raw, o)
		}
		if enc.name == "url" {
			if back, err := url.QueryUnescape(string(*enc.text(o.Prefix))); err != nil || back != o.Prefix {
				t.Errorf("%q comes back as %q, %v", o.Prefix, back, err)
			}
		}
		if after, err := q.token("continuation-token"); err == nil && after != "" && newToken(after) == "" {
			t.Error("token")
		}
	})
}

// FuzzText: keys that XML can hold come back from a listing as they were.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a", "<&>\"'", "é\U0010ffff", " lead", "]]>", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0xfffe || r == 0xffff }) {
			return
		}
		type doc struct{ Key string }
		out, err := xml.Marshal(struct {
			XMLName xml.Name `xml:"doc"`
			Key     text
		}{Key: text(s)})
		if err != nil {
			t.Fatal(err)
		}
		var back doc
		if err := xml.Unmarshal(out, &back); err != nil || back.Key != s {
			t.Errorf("%q came back as %q from %s, %v", s, back.Key, out, err)
		}
	})
}

// FuzzAddress: host and path give some bucket and key without failing, and the
// path is never cleaned.
func FuzzAddress(f *testing.F) {
	f.Add("b.s3.amazonaws.com", "/a/../b")
	f.Add("localhost:4600", "/b//k")
	f.Add("b.s3.localhost.", "/")
	f.Add("[::1]:1", "//")
	f.Fuzz(func(t *testing.T, host, path string) {
		h := &Handler{options: Options{Hosts: []string{"s3.localhost", "localhost"}}}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host, r.URL.Path = host, path
		bucket, key := h.address(r)
		if !strings.HasSuffix(path, key) || bucket != "" && validBucket(bucket) == nil && key != "" && !strings.Contains(path, key) {
			t.Errorf("%q %q: %q %q", host, path, bucket, key)
		}
	})
}
