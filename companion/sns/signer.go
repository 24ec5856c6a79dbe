package sns

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SignatureVersion 1 is defined by it
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// signingKey is what is stored of the key that all servers of a database sign with.
type signingKey struct {
	// Sealed is the key in PKCS 8, readable by these servers alone.
	Sealed string
	// Certificate is in PEM.
	Certificate string
}

var (
	signingKeys = store.NewTable[signingKey]("sns-signing-key")
	// everywhere is the scope of what belongs to the servers.
	everywhere = aws.Scope{Account: "-", Region: "-"}
)

const keyName = "messages"

// signer signs messages. Its key is made when the first message is signed.
type signer struct {
	base kit.Base
	now  func() time.Time

	mu   sync.Mutex
	key  *rsa.PrivateKey
	cert string
}

// load gives the key and its certificate.
func (s *signer) load(ctx context.Context) (*rsa.PrivateKey, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, s.cert, nil
	}
	stored, err := s.read(ctx)
	if errors.Is(err, store.ErrNotFound) {
		if err := s.make(ctx); err != nil && !errors.Is(err, store.ErrExists) {
			return nil, "", err
		}
		stored, err = s.read(ctx) // perhaps another server's
	}
	if err != nil {
		return nil, "", err
	}
	var der []byte
	if err := s.base.Tokens.Open(stored.Sealed, &der, keyName); err != nil {
		return nil, "", fmt.Errorf("sns: the key that signs messages cannot be opened: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, "", fmt.Errorf("sns: the key that signs messages is none: %w", err)
	}
	s.key, s.cert = key, stored.Certificate
	return s.key, s.cert, nil
}

func (s *signer) read(ctx context.Context) (k signingKey, err error) {
	err = s.base.DB.View(ctx, func(tx *store.Tx) error {
		r, err := signingKeys.Get(tx, everywhere, keyName)
		if err == nil {
			k = r.Body
		}
		return err
	})
	return k, err
}

// make stores a new key, unless there is one.
func (s *signer) make(ctx context.Context) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	sealed, err := s.base.Tokens.Seal(der, keyName)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "sns.amazonaws.com", Organization: []string{"Sagebrush"}},
		NotBefore: s.now().Add(-time.Hour), NotAfter: s.now().Add(10 * 365 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	return s.base.DB.Update(ctx, func(tx *store.Tx) error {
		return signingKeys.Insert(tx, &store.Row[signingKey]{Scope: everywhere, Name: keyName, Body: signingKey{sealed, string(text)}})
	})
}

// certPath is where the certificate is: clients look at the beginning and the end.
func certPath(cert string) string {
	sum := sha256.Sum256([]byte(cert))
	return "/SimpleNotificationService-" + hex.EncodeToString(sum[:16]) + ".pem"
}

// sign completes a document.
func (s *signer) sign(ctx context.Context, region string, d *document) error {
	key, cert, err := s.load(ctx)
	if err != nil {
		return err
	}
	// Clients take certificates from SNS's own hosts only; those are answered here.
	d.SigningCertURL = "https://sns." + region + ".amazonaws.com" + certPath(cert)
	hash, text := crypto.SHA1, []byte(d.signed())
	sum := sha1.Sum(text) //nolint:gosec // see above
	digest := sum[:]
	if d.SignatureVersion == "2" {
		long := sha256.Sum256(text)
		hash, digest = crypto.SHA256, long[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
	d.Signature = base64.StdEncoding.EncodeToString(signature)
	return err
}
