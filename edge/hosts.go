package edge

import (
	"net"
	"strings"
)

// awsDomains are the domains that AWS serves its APIs under. Every host in them
// is answered here and never asked for out there.
var awsDomains = [...]string{
	"amazonaws.com",
	"amazonaws.com.cn",
	"amazonaws.eu",
	"amazonwebservices.com.cn",
	"api.aws",
	"aws.dev",
}

// IsAWS says whether host, with or without a port, belongs to AWS's APIs.
func IsAWS(host string) bool { return inDomains(hostname(host), awsDomains[:]) }

// inDomains says whether host is one of the domains or below one.
func inDomains(host string, domains []string) bool {
	for _, d := range domains {
		if rest, ok := strings.CutSuffix(host, d); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return true
		}
	}
	return false
}

// hostname is the bare lower-case name of "Name:443", "[::1]:443" or "name.".
func hostname(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback says whether a connection's address is this machine's own.
func isLoopback(a net.Addr) bool {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.IsLoopback()
	}
	ip := net.ParseIP(hostname(a.String()))
	return ip != nil && ip.IsLoopback()
}
