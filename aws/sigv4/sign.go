package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Credentials sign requests.
type Credentials struct {
	AccessKeyID, SecretAccessKey string
	// SessionToken goes with temporary credentials, "" otherwise.
	SessionToken string
}

// Sign signs the request in its Authorization header: the command line's own
// calls and tests. payloadHash is the body's SHA-256 in hex or UnsignedPayload.
// All headers that are set are covered, so set them first. The URL must carry
// its path in RawPath wherever it holds more than unreserved bytes.
func Sign(r *http.Request, creds Credentials, service, region, payloadHash string, now time.Time) {
	date := basic(now)
	r.Header.Set("X-Amz-Date", date)
	r.Header.Set("X-Amz-Content-Sha256", payloadHash)
	if creds.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", creds.SessionToken)
	}
	r.Header.Del("Authorization")
	names := []string{"host"}
	for name := range r.Header {
		if name != "User-Agent" && name != "Expect" {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	c := &claim{credential: credential{creds.AccessKeyID, date[:8], region, service},
		signedHeaders: strings.Join(names, ";")}
	signed := r
	if r.Host == "" {
		copied := *r
		copied.Host = r.URL.Host
		signed = &copied
	}
	q, _ := parsePairs(r.URL.RawQuery)
	scope := date[:8] + "/" + region + "/" + service + "/" + terminator
	sum := sha256.Sum256(appendCanonical(nil, signed, q, c, paths(r, service)[0], payloadHash))
	text := hex.AppendEncode(appendStringToSign(nil, algorithm, date, scope), sum[:])
	sig := deriveKey(keyScope{creds.AccessKeyID, creds.SecretAccessKey, date[:8], region, service}).sum(text)
	r.Header.Set("Authorization", algorithm+" Credential="+creds.AccessKeyID+"/"+scope+
		", SignedHeaders="+c.signedHeaders+", Signature="+string(sig[:]))
}
