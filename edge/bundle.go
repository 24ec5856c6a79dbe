package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"os"

	"github.com/sagebrush/sagebrush/internal/datadir"
)

// bundleHeader marks the bundles that we wrote, so that a server started in a
// shell set up by `sagebrush env` does not read its own bundle as the system's.
const bundleHeader = "# Certificates trusted by this system, and Sagebrush's local authority.\n"

// systemBundles are where systems keep the certificates they trust; the first
// that exists counts.
var systemBundles = [...]string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",             // openSUSE
	"/etc/ssl/cert.pem",                  // Alpine, macOS, BSD
}

// bundleVariables name files that clients were told to trust instead. They
// count too: a shell behind a company's proxy stays able to reach its mirrors.
var bundleVariables = [...]string{"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"}

func (a *Authority) writeBundle(dir datadir.Dir) error {
	var sources [][]byte
	for _, path := range systemBundles {
		if data, err := os.ReadFile(path); err == nil {
			sources = append(sources, data)
			break
		}
	}
	for _, name := range bundleVariables {
		if path := os.Getenv(name); path != "" {
			// A variable that names no readable file was of no use before either.
			if data, err := os.ReadFile(path); err == nil {
				sources = append(sources, data)
			}
		}
	}
	bundle := mergeBundles(a.cert.Raw, sources...)
	if old, err := os.ReadFile(dir.CABundle()); err == nil && bytes.Equal(old, bundle) {
		return nil
	}
	return datadir.Replace(dir.CABundle(), bundle, 0o644)
}

// mergeBundles puts every certificate of the PEM files once into one, and own
// at the end. Bundles of ours are left out: what they hold of the system's is
// in the system's, and their authorities are not this one.
func mergeBundles(own []byte, sources ...[]byte) []byte {
	var out bytes.Buffer
	out.WriteString(bundleHeader)
	seen := map[[sha256.Size]byte]bool{}
	add := func(der []byte) {
		if sum := sha256.Sum256(der); !seen[sum] {
			seen[sum] = true
			// Writing to a buffer does not fail.
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
	}
	for _, rest := range sources {
		if bytes.HasPrefix(rest, []byte(bundleHeader)) {
			continue
		}
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type == "CERTIFICATE" {
				add(block.Bytes)
			}
		}
	}
	add(own)
	return out.Bytes()
}
