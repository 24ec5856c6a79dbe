package identity

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// Session is a set of temporary credentials.
type Session struct {
	ID           string
	Secret       Secret
	SessionToken Secret
	Expiration   time.Time
	// Caller is who they make of their holder.
	Caller aws.Caller
}

// Issue makes temporary credentials for a session of a role of scope's account,
// good for d. Nothing is stored. Errors: ValidationException; AccessDeniedException
// for a role of another account.
func (k *Keys) Issue(_ context.Context, scope aws.Scope, roleARN, session string, d time.Duration) (Session, error) {
	if err := checkAccount(scope.Account); err != nil {
		return Session{}, err
	}
	role, err := roleName(roleARN, scope.Account)
	if err != nil {
		return Session{}, err
	}
	if !sessionPattern.MatchString(session) {
		return Session{}, aws.Invalid(`%q is no session name: it takes 2 to 64 letters, digits or characters of _+=,.@-.`, session)
	}
	if d <= 0 {
		return Session{}, aws.Invalid("Credentials cannot last for %s.", d)
	}
	return k.seal.issue(scope, role, session, k.now().Add(d).UTC().Truncate(time.Second))
}

// ServerKey is 32 secret bytes that all servers of the database share and that
// never change, for whatever else a server seals (page tokens).
func (k *Keys) ServerKey() []byte { return slices.Clone(k.seal.server) }

// sealer makes and opens session tokens.
type sealer struct {
	aead   cipher.AEAD
	secret []byte // what secret access keys are derived with
	server []byte // ServerKey
}

// claims are what a session token says. The key id is bound to it as
// additional data.
type claims struct {
	Account, Region, Role, Session string
	Expires                        int64 // seconds since 1970
}

func newSealer(key []byte) (*sealer, error) {
	tokenKey, err := hkdf.Key(sha256.New, key, nil, "sagebrush session token", 32)
	if err != nil {
		return nil, err
	}
	secretKey, err := hkdf.Key(sha256.New, key, nil, "sagebrush session secret", 32)
	if err != nil {
		return nil, err
	}
	serverKey, err := hkdf.Key(sha256.New, key, nil, "sagebrush server key", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(tokenKey)
	if err != nil {
		return nil, err
	}
	// Nonces are random; a seal key would have to make billions of tokens for
	// two to meet.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead: aead, secret: secretKey, server: serverKey}, err
}

func (s *sealer) issue(scope aws.Scope, role, session string, expires time.Time) (Session, error) {
	random := make([]byte, 10)
	if _, err := rand.Read(random); err != nil {
		return Session{}, err
	}
	id := keyID("ASIA", random)
	plain, err := json.Marshal(claims{scope.Account, scope.Region, role, session, expires.Unix()})
	if err != nil {
		return Session{}, err
	}
	token := s.aead.Seal(nil, nil, plain, []byte(id))
	return Session{
		ID:           id,
		Secret:       NewSecret(s.secretOf(id)),
		SessionToken: NewSecret(base64.RawURLEncoding.EncodeToString(token)),
		Expiration:   expires,
		Caller:       sessionCaller(scope, id, role, session),
	}, nil
}

// open answers what the token of key id says.
func (s *sealer) open(id, token string, now time.Time) (sigv4.Secret, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return sigv4.Secret{}, errUnknown()
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return sigv4.Secret{}, errUnknown()
	}
	var c claims
	if err := json.Unmarshal(plain, &c); err != nil {
		return sigv4.Secret{}, err // ours, so it can be read
	}
	if now.Unix() >= c.Expires {
		return sigv4.Secret{}, aws.Errorf(aws.ExpiredTokenException, "The security token included in the request is expired")
	}
	return sigv4.Secret{
		SecretAccessKey: s.secretOf(id),
		Caller:          sessionCaller(aws.Scope{Account: c.Account, Region: c.Region}, id, c.Role, c.Session),
	}, nil
}

// secretOf is the secret access key of a temporary key id, 40 characters.
func (s *sealer) secretOf(id string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(id))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)[:30])
}
