package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// tokenLife is how long a client token is remembered.
const tokenLife = 24 * time.Hour

// clientToken is the body of a remembered token.
type clientToken struct {
	// Digest is the SHA-256 of the request that came with the token first.
	Digest string
	// ARN is what that request made.
	ARN string
}

var clientTokens = store.NewTable[clientToken]("client-token")

// Once makes a request with a client token idempotent: what the first call of
// create made is remembered, if it commits, and answered again for 24 hours
// (CreateModelPackage-10, Co-2). The same token with another request is a
// ConflictException. Without a token, create is simply called. request is the
// input without its token.
func Once(tx *store.Tx, scope aws.Scope, operation string, token *string, request any, create func() (arn string, err error)) (string, error) {
	if token == nil || *token == "" {
		return create()
	}
	text, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	digest, name := hex.EncodeToString(sum[:]), operation+"/"+*token
	old, err := clientTokens.Get(tx, scope, name)
	switch {
	case err == nil && tx.Now.Sub(old.CreatedAt) < tokenLife:
		if old.Body.Digest != digest {
			return "", aws.Errorf(aws.ConflictException, "The client token %q was used for another request of %s. Use a new token for a new request.", *token, operation)
		}
		return old.Body.ARN, nil
	case err == nil:
		if err := clientTokens.Delete(tx, scope, name); err != nil {
			return "", err
		}
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	if err := forget(tx, scope); err != nil {
		return "", err
	}
	arn, err := create()
	if err != nil {
		return "", err
	}
	return arn, clientTokens.Insert(tx, &store.Row[clientToken]{Scope: scope, Name: name, Body: clientToken{digest, arn}})
}

// forget removes a few of the oldest tokens that nobody can use any more, so
// that they do not pile up.
func forget(tx *store.Tx, scope aws.Scope) error {
	rows, err := clientTokens.List(tx, scope, store.Query{CreatedBefore: tx.Now.Add(-tokenLife), Limit: 4})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := clientTokens.Delete(tx, scope, r.Name); err != nil {
			return err
		}
	}
	return nil
}
