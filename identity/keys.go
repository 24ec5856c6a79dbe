package identity

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/store"
)

const (
	// watchEvery is how often a server looks for keys that others changed.
	watchEvery = 2 * time.Second
	// missEvery is how often unknown keys may make it look out of turn: they
	// come from strangers, and strangers shall not cause work.
	missEvery = 250 * time.Millisecond
)

// Options of New; the zero value is fine.
type Options struct {
	Logger *slog.Logger
	// Now is the clock that ends temporary credentials, nil for time.Now.
	Now func() time.Time
}

// Key is a long-term access key.
type Key struct {
	ID        string
	Account   string
	Secret    Secret
	CreatedAt time.Time
}

// Keys answers who signs. All methods are safe for concurrent use.
type Keys struct {
	db     *store.DB
	logger *slog.Logger
	now    func() time.Time
	seal   *sealer

	current atomic.Pointer[snapshot]

	mu       sync.Mutex // one refresh at a time
	lastMiss time.Time
}

// snapshot is all keys at one generation. It is never changed.
type snapshot struct {
	generation int64
	secrets    map[string]sigv4.Secret
}

// New loads the keys of a database, and makes the database's seal key the first time.
func New(ctx context.Context, db *store.DB, o Options) (*Keys, error) {
	k := &Keys{db: db, logger: o.Logger, now: o.Now}
	if k.logger == nil {
		k.logger = slog.New(slog.DiscardHandler)
	}
	if k.now == nil {
		k.now = time.Now
	}
	k.current.Store(&snapshot{generation: -1})
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	var sealKey []byte
	const read = `SELECT seal_key FROM identity_state WHERE id = 1`
	err := db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO identity_state (id, generation, seal_key) VALUES (1, 0, $1) ON CONFLICT DO NOTHING`, fresh); err != nil {
			return err
		}
		return tx.QueryRow(read).Scan(&sealKey)
	})
	if err != nil {
		return nil, err
	}
	if k.seal, err = newSealer(sealKey); err != nil {
		return nil, err
	}
	return k, k.refresh(ctx)
}

// Lookup implements sigv4.Lookup.
func (k *Keys) Lookup(ctx context.Context, id, sessionToken string) (sigv4.Secret, error) {
	if sessionToken != "" {
		return k.seal.open(id, sessionToken, k.now())
	}
	if s, ok := k.current.Load().secrets[id]; ok {
		return s, nil
	}
	if k.mayMiss() {
		if err := k.refresh(ctx); err != nil {
			return sigv4.Secret{}, err
		}
		if s, ok := k.current.Load().secrets[id]; ok {
			return s, nil
		}
	}
	return sigv4.Secret{}, errUnknown()
}

func errUnknown() *aws.Error {
	return aws.Errorf(aws.UnrecognizedClientException, "The security token included in the request is invalid.")
}

// shared says that other servers may change keys behind our back. The embedded
// database has one server only.
func (k *Keys) shared() bool { return k.db.Dialect() != "sqlite" }

// mayMiss says whether an unknown key is worth a look into the database now.
func (k *Keys) mayMiss() bool {
	if !k.shared() {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Sub(k.lastMiss).Abs() < missEvery {
		return false
	}
	k.lastMiss = now
	return true
}

// Watch keeps up with the changes of other servers until ctx ends.
func (k *Keys) Watch(ctx context.Context) {
	if !k.shared() {
		return
	}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := k.refresh(ctx); err != nil && ctx.Err() == nil {
				k.logger.Warn("access keys could not be read again", "error", err)
			}
		}
	}
}

// refresh reads the keys again if they have changed.
func (k *Keys) refresh(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.current.Load()
	next := &snapshot{secrets: map[string]sigv4.Secret{}}
	err := k.db.View(ctx, func(tx *store.Tx) error {
		clear(next.secrets)
		if err := tx.QueryRow(`SELECT generation FROM identity_state WHERE id = 1`).Scan(&next.generation); err != nil {
			return err
		}
		if next.generation == old.generation {
			return nil
		}
		keys, err := query(tx, "")
		for _, key := range keys {
			next.secrets[key.ID] = sigv4.Secret{
				SecretAccessKey: key.Secret.Reveal(),
				Caller:          sessionCaller(aws.Scope{Account: key.Account}, key.ID, DefaultRole, DefaultSession),
			}
		}
		return err
	})
	if err == nil && next.generation != old.generation {
		k.current.Store(next)
	}
	return err
}

// newKey draws a key pair that looks like AWS's: 20 and 40 characters.
func newKey(account string) (Key, error) {
	random := make([]byte, 40)
	if _, err := rand.Read(random); err != nil {
		return Key{}, err
	}
	return Key{
		ID:      keyID("AKIA", random[:10]),
		Account: account,
		Secret:  NewSecret(base64.StdEncoding.EncodeToString(random[10:])),
	}, nil
}

// keyID is a prefix and ten random bytes in letters and digits.
func keyID(prefix string, random []byte) string {
	return prefix + base32.StdEncoding.EncodeToString(random)
}
