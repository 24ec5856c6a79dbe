package edge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"time"

	"github.com/sagebrush/sagebrush/internal/datadir"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// renewBefore is how long before its end a certificate is made anew.
	renewBefore = 30 * 24 * time.Hour
	backdate    = time.Hour // clocks differ
)

// Authority is the local certificate authority. It can vouch for AWS's hosts
// and for names of private networks only: its certificate says so, and clients
// check that, so a stolen key is of no use against the rest of the web.
type Authority struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	leaves leafCache
}

// LoadAuthority reads the authority in dir, making it at the first start (and
// again shortly before it expires), and writes the bundle of all trusted
// certificates beside it.
func LoadAuthority(dir datadir.Dir, now time.Time) (*Authority, error) {
	var a *Authority
	err := dir.Alone("ca", func() (err error) {
		a, err = readAuthority(dir)
		if errors.Is(err, fs.ErrNotExist) || err == nil && now.After(a.cert.NotAfter.Add(-renewBefore)) {
			a, err = makeAuthority(dir, now)
		}
		if err != nil {
			return err
		}
		return a.writeBundle(dir)
	})
	if err != nil {
		return nil, fmt.Errorf("local certificate authority: %w", err)
	}
	if a.leaves.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	return a, nil
}

func readAuthority(dir datadir.Dir) (*Authority, error) {
	keyPEM, err := os.ReadFile(dir.CAKey())
	if err != nil {
		return nil, err
	}
	certPEM, err := os.ReadFile(dir.CACert())
	if err != nil {
		return nil, err
	}
	keyBlock, _ := pem.Decode(keyPEM)
	certBlock, _ := pem.Decode(certPEM)
	if keyBlock == nil || certBlock == nil {
		return nil, fmt.Errorf("%s or %s is no PEM file; remove both and they are made anew", dir.CAKey(), dir.CACert())
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.CAKey(), err)
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.CACert(), err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s does not belong to %s; remove both and they are made anew", dir.CAKey(), dir.CACert())
	}
	return &Authority{cert: cert, key: key}, nil
}

func makeAuthority(dir datadir.Dir, now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:                serial,
		Subject:                     pkix.Name{CommonName: "Sagebrush local CA " + serial.Text(36)[:6], Organization: []string{"Sagebrush"}},
		NotBefore:                   now.Add(-backdate),
		NotAfter:                    now.Add(authorityLife),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         append(awsDomains[:], localDomains()...),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	// The key goes first: a crash between the two leaves a key without a
	// certificate, which reads as "not there yet".
	if err := os.Remove(dir.CACert()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := datadir.Replace(dir.CAKey(), keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := datadir.Replace(dir.CACert(), certPEM, 0o644); err != nil {
		return nil, err
	}
	return &Authority{cert: cert, key: key}, nil
}

// localDomains are the names beside AWS's that the authority may vouch for.
func localDomains() []string {
	domains := []string{"localhost", "local", "internal", "lan", "home.arpa"}
	if name, err := os.Hostname(); err == nil && name != "" {
		domains = append(domains, hostname(name))
	}
	return domains
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}
