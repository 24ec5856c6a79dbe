package kit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/sagebrush/sagebrush/aws"
)

// Tokens makes and opens NextTokens. A token is sealed with the server's key,
// so that clients cannot read or forge a position, and bound to the operation,
// caller and filters that it was made for (rule Gen-5: a token is good only with
// the same filters; a garbage token is a ValidationException).
type Tokens struct{ aead cipher.AEAD }

// NewTokens derives the token key from the server's secret key material.
func NewTokens(secret []byte) Tokens {
	key := sha256.Sum256(append([]byte("sagebrush next token\x00"), secret...))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // a 32 byte key is always accepted
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size that GCM wants
	}
	return Tokens{aead}
}

// Seal makes the token for position; binding is whatever must be the same when
// the token comes back, usually scope, operation and filters.
func (t Tokens) Seal(position any, binding ...any) (string, error) {
	plain, err := json.Marshal(position)
	if err != nil {
		return "", err
	}
	bound, err := json.Marshal(binding)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, t.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nonce, nonce, plain, bound)), nil
}

// Open reads a token into position, or answers a ValidationException.
func (t Tokens) Open(token string, position any, binding ...any) error {
	bound, err := json.Marshal(binding)
	if err != nil {
		return err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil && len(sealed) > t.aead.NonceSize() {
		n := t.aead.NonceSize()
		var plain []byte
		if plain, err = t.aead.Open(nil, sealed[:n], sealed[n:], bound); err == nil {
			return json.Unmarshal(plain, position)
		}
	}
	return aws.Invalid("Invalid pagination token. Use the NextToken of the previous answer with the same filters and sorting.")
}
