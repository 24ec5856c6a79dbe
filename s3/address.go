package s3

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
)

// amazonHost matches Amazon's names without their domain: an optional bucket,
// then s3 with its variants and an optional region.
var amazonHost = regexp.MustCompile(`^(?:(.+)\.)?s3(?:-fips|-accelerate|-external-1)?(?:\.dualstack)?(?:[.-][a-z]{2}(?:-[a-z]+)+-[0-9]+)?$`)

// address is the bucket and the key that a request names, by its host or by its
// path. The path is decoded once and never cleaned: "a//b" and "../a" are keys.
func (h *Handler) address(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if b := bucketOfHost(r.Host, h.options.Hosts); b != "" {
		return b, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// bucketOfHost is the bucket in a virtual-host style name, "" for path style.
func bucketOfHost(host string, suffixes []string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn"} {
		if rest, ok := strings.CutSuffix(host, domain); ok {
			if m := amazonHost.FindStringSubmatch(rest); m != nil {
				return m[1]
			}
			return ""
		}
	}
	best := -1 // the longest suffix wins: b.s3.localhost is b, not b.s3
	var bucket string
	for _, suffix := range suffixes {
		suffix = strings.ToLower(suffix)
		if len(suffix) <= best {
			continue
		}
		if host == suffix {
			best, bucket = len(suffix), ""
		} else if b, ok := strings.CutSuffix(host, "."+suffix); ok {
			best, bucket = len(suffix), b
		}
	}
	return bucket
}

// validBucket checks S3's rules for bucket names.
func validBucket(name string) error {
	bad := len(name) < 3 || len(name) > 63 || strings.Contains(name, "..") ||
		strings.HasPrefix(name, "xn--") || strings.HasPrefix(name, "sthree-") ||
		strings.HasSuffix(name, "-s3alias") || strings.HasSuffix(name, "--ol-s3")
	for i := 0; i < len(name) && !bad; i++ {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		edge := i == 0 || i == len(name)-1
		bad = !alnum && (edge || c != '-' && c != '.')
	}
	if _, err := netip.ParseAddr(name); err == nil {
		bad = true
	}
	if bad {
		e := codeError("InvalidBucketName")
		e.BucketName = name
		return e
	}
	return nil
}

// validKey checks S3's rules for keys.
func validKey(key string) error {
	if len(key) > blob.MaxKey {
		return codeError("KeyTooLongError")
	}
	if blob.ValidKey(key) != nil {
		return newError("InvalidURI", "The key is not valid UTF-8.")
	}
	return nil
}
