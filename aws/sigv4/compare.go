package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
)

// compare computes the signature and compares it in constant time.
func (v *Verifier) compare(r *http.Request, q []pair, c *claim, s *Signed, secret string) *Failure {
	scope := keyScope{c.keyID, secret, c.date, c.region, c.service}
	key, cached := v.keys.get(scope)
	buf, ok := v.scratch.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
		*buf = make([]byte, 0, 2048)
	}
	defer v.scratch.Put(buf)
	b := *buf
	for _, path := range paths(r, c.service) {
		b = appendCanonical(b[:0], r, q, c, path, s.PayloadHash)
		sum := sha256.Sum256(b)
		b = appendStringToSign(b[:0], algorithm, s.date, s.scope)
		b = hex.AppendEncode(b, sum[:])
		want := key.sum(b)
		if subtle.ConstantTimeCompare(want[:], []byte(c.signature)) == 1 {
			if !cached {
				v.keys.put(scope, key)
			}
			s.key = key
			*buf = b[:0]
			return nil
		}
	}
	f := fail(ReasonMismatch, aws.InvalidSignatureException, mismatchText)
	f.StringToSign = string(b)
	f.CanonicalRequest = string(appendCanonical(nil, r, q, c, paths(r, c.service)[0], s.PayloadHash))
	*buf = b[:0]
	return f
}

// appendStringToSign appends the lines that precede the hash (or hashes).
func appendStringToSign(dst []byte, method, date, scope string) []byte {
	dst = append(dst, method...)
	dst = append(dst, '\n')
	dst = append(dst, date...)
	dst = append(dst, '\n')
	dst = append(dst, scope...)
	return append(dst, '\n')
}
