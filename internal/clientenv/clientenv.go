// Package clientenv knows what an unmodified AWS program needs in its
// environment to run against a server here: the endpoint, keys and region, the
// certificates to trust, and the proxy that catches hosts which the program
// pins (clients.md 0.1). It is pure: variables in, changes out.
package clientenv

import (
	"maps"
	"slices"
	"strings"
)

// Target is the server that a program shall use.
type Target struct {
	// Address is the server's URL.
	Address, Region              string
	AccessKeyID, SecretAccessKey string
	// SessionToken goes with temporary keys, which jobs have.
	SessionToken string
	// CABundle is the file of all certificates to trust, CACert the one with the
	// local authority's alone.
	CABundle, CACert string
	// Pinned says whether a host is one that the server answers in AWS's stead.
	Pinned func(host string) bool
}

// Change is what becomes of one variable.
type Change struct {
	Name  string
	Value string
	// Unset removes the variable; Value is "" then.
	Unset bool
}

// misleading variables would lead a program past the server: another profile's
// keys, a session token that is not ours, endpoints that take precedence.
var misleading = [...]string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
	"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
}

// always are the ones of these that are unset even where the environment does
// not show them: they may be set in the shell without being exported yet.
var always = [...]string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"}

// Changes lists the changes to environ ("NAME=value"), by name.
func Changes(t Target, environ []string) []Change {
	old := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		old[name] = value
	}
	noProxy := t.noProxy(old["NO_PROXY"], old["no_proxy"])
	set := map[string]string{
		"AWS_ENDPOINT_URL":          t.Address,
		"AWS_ACCESS_KEY_ID":         t.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":     t.SecretAccessKey,
		"AWS_REGION":                t.Region,
		"AWS_DEFAULT_REGION":        t.Region,
		"AWS_EC2_METADATA_DISABLED": "true", // no program shall look for another identity
		"AWS_CA_BUNDLE":             t.CABundle,
		"REQUESTS_CA_BUNDLE":        t.CABundle, // Python's requests, pip
		"CURL_CA_BUNDLE":            t.CABundle,
		"SSL_CERT_FILE":             t.CABundle, // OpenSSL, Go, httpx
		"NODE_EXTRA_CA_CERTS":       t.CACert,
		"HTTPS_PROXY":               t.Address,
		"https_proxy":               t.Address,
		"NO_PROXY":                  noProxy,
		"no_proxy":                  noProxy,
	}
	unset := map[string]bool{}
	for _, name := range misleading {
		if _, there := old[name]; there || slices.Contains(always[:], name) {
			unset[name] = true
		}
	}
	for name := range old {
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			unset[name] = true
		}
	}
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(unset)) {
		changes = append(changes, Change{Name: name, Unset: true})
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		changes = append(changes, Change{Name: name, Value: set[name]})
	}
	return changes
}

// noProxy is what programs reach directly: this machine, and what the caller
// has listed, save what would send them to AWS.
func (t Target) noProxy(lists ...string) string {
	hosts := []string{"127.0.0.1", "localhost", "::1"}
	for _, list := range lists {
		for host := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
			bare := strings.TrimLeft(host, "*.")
			if bare == "" || t.Pinned(bare) || slices.Contains(hosts, host) {
				continue
			}
			hosts = append(hosts, host)
		}
	}
	return strings.Join(hosts, ",")
}

// Apply answers environ with the changes made.
func Apply(environ []string, changes []Change) []string {
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.Name] = true
	}
	var out []string
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); !changed[name] {
			out = append(out, e)
		}
	}
	for _, c := range changes {
		if !c.Unset {
			out = append(out, c.Name+"="+c.Value)
		}
	}
	return out
}
