package edge_test

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

func load(t *testing.T, dir datadir.Dir, now time.Time) *edge.Authority {
	t.Helper()
	a, err := edge.LoadAuthority(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAuthorityIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := datadir.Dir(t.TempDir())
	now := time.Now()
	load(t, dir, now)
	first, _ := os.ReadFile(dir.CACert())
	if info, err := os.Stat(dir.CAKey()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v; want mode 600", info, err)
	}
	load(t, dir, now.AddDate(9, 0, 0))
	if again, _ := os.ReadFile(dir.CACert()); string(again) != string(first) {
		t.Error("the authority changed over a restart")
	}
	load(t, dir, now.AddDate(9, 11, 20))
	if renewed, _ := os.ReadFile(dir.CACert()); string(renewed) == string(first) {
		t.Error("the authority was not renewed before its end")
	}
}

func TestAuthorityTellsDamage(t *testing.T) {
	t.Parallel()
	dir := datadir.Dir(t.TempDir())
	load(t, dir, time.Now())
	other := datadir.Dir(t.TempDir())
	load(t, other, time.Now())
	foreign, _ := os.ReadFile(other.CAKey())
	for _, key := range []string{"", "no PEM", string(foreign)} {
		if err := os.WriteFile(dir.CAKey(), []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := edge.LoadAuthority(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "remove both") {
			t.Errorf("key %q: %v, want an error that says what to do", key, err)
		}
	}
}

func TestAuthorityVouchesForItsDomainsOnly(t *testing.T) {
	t.Parallel()
	a := load(t, datadir.Dir(t.TempDir()), time.Now())
	for name, want := range map[string]string{
		"s3.us-east-1.amazonaws.com":  "s3.us-east-1.amazonaws.com",
		"S3.US-EAST-1.amazonaws.COM.": "s3.us-east-1.amazonaws.com",
		"x.localhost":                 "x.localhost",
		"":                            "localhost",
		"example.com":                 "localhost",
		"evilamazonaws.com":           "localhost",
		"amazonaws.com.evil.example":  "localhost",
		"*.amazonaws.com":             "localhost",
	} {
		c, err := a.Certificate(name, net.IPv4(127, 0, 0, 1), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Leaf.DNSNames[0]; got != want {
			t.Errorf("%q: certificate for %q, want %q", name, got, want)
		}
		if err := c.Leaf.VerifyHostname("127.0.0.1"); (err == nil) != (want == "localhost") {
			t.Errorf("%q: by address: %v", name, err)
		}
	}
}

func TestCertificatesAreCachedAndBounded(t *testing.T) {
	t.Parallel()
	a := load(t, datadir.Dir(t.TempDir()), time.Now())
	now := time.Now()
	one, _ := a.Certificate("a.amazonaws.com", nil, now)
	if two, _ := a.Certificate("a.amazonaws.com", nil, now); one != two {
		t.Error("the certificate was made twice")
	}
	if later, _ := a.Certificate("a.amazonaws.com", nil, now.AddDate(0, 11, 25)); one == later || !later.Leaf.NotAfter.After(one.Leaf.NotAfter) {
		t.Error("the certificate was not renewed before its end")
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	dir := datadir.Dir(t.TempDir())
	load(t, dir, time.Now())
	data, err := os.ReadFile(dir.CABundle())
	if err != nil {
		t.Fatal(err)
	}
	own, _ := os.ReadFile(dir.CACert())
	if !strings.HasSuffix(string(data), string(own)) {
		t.Error("the local authority is not in the bundle")
	}
	seen := map[string]bool{}
	for rest := data; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if seen[string(b.Bytes)] {
			t.Error("a certificate is in the bundle twice")
		}
		seen[string(b.Bytes)] = true
	}
	if _, err := x509.SystemCertPool(); err == nil && len(seen) < 2 {
		t.Skip("NOT TESTED: that the bundle holds the system's certificates, because it has none (Debian: apt-get install ca-certificates)")
	}
}
