package edge

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// leafLife stays under what strict clients accept (398 days).
	leafLife  = 365 * 24 * time.Hour
	maxLeaves = 1024
)

// leafCache keeps the certificates that were made. Bucket names are part of
// host names, so it is bounded.
type leafCache struct {
	key *ecdsa.PrivateKey // shared by all leaves: making keys is the slow part

	mu     sync.Mutex
	byName map[string]*tls.Certificate
}

// Certificate is the certificate for name, made when it is asked for the first
// time. Names that the authority may not vouch for, and "", get the one of
// localhost with the addresses given.
func (a *Authority) Certificate(name string, addr net.IP, now time.Time) (*tls.Certificate, error) {
	name = hostname(name)
	if !inDomains(name, a.cert.PermittedDNSDomains) || strings.ContainsAny(name, "*/: ") {
		name = ""
	}
	cacheKey := name
	if name == "" {
		cacheKey = addr.String()
	}
	c := &a.leaves
	c.mu.Lock()
	defer c.mu.Unlock()
	if leaf := c.byName[cacheKey]; leaf != nil && now.Before(leaf.Leaf.NotAfter.Add(-renewBefore)) {
		return leaf, nil
	}
	leaf, err := a.makeLeaf(name, addr, now)
	if err != nil {
		return nil, err
	}
	if c.byName == nil {
		c.byName = map[string]*tls.Certificate{}
	}
	if len(c.byName) >= maxLeaves {
		for old := range c.byName { // any: making one costs a fraction of a millisecond
			delete(c.byName, old)
			break
		}
	}
	c.byName[cacheKey] = leaf
	return leaf, nil
}

func (a *Authority) makeLeaf(name string, addr net.IP, now time.Time) (*tls.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// No host name here: clients look at the alternative names below.
		Subject:     pkix.Name{CommonName: "Sagebrush server", Organization: []string{"Sagebrush"}},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(leafLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{name},
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	if name == "" {
		template.DNSNames = a.ownNames()
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		if addr != nil && !addr.IsLoopback() {
			template.IPAddresses = append(template.IPAddresses, addr)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.leaves.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: a.leaves.key, Leaf: leaf}, nil
}

// ownNames are the names of this machine that the authority may vouch for; its
// name may have changed since the authority was made.
func (a *Authority) ownNames() []string {
	names := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && inDomains(hostname(name), a.cert.PermittedDNSDomains) {
		names = append(names, hostname(name))
	}
	return names
}
