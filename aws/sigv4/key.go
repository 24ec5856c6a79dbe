package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// keyScope is everything a signing key depends on. The secret is part of it, so
// that a key that is replaced never meets its predecessor's cache entry.
type keyScope struct{ keyID, secret, date, region, service string }

// signingKey is a derived key, with its hash states kept ready.
type signingKey struct {
	raw    [sha256.Size]byte
	hashes sync.Pool
}

func deriveKey(s keyScope) *signingKey {
	k := mac([]byte("AWS4"+s.secret), s.date)
	k = mac(k, s.region)
	k = mac(k, s.service)
	out := &signingKey{}
	copy(out.raw[:], mac(k, terminator))
	return out
}

func mac(key []byte, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return h.Sum(nil)
}

// sum is the HMAC of the message, in lower case hex.
func (k *signingKey) sum(message []byte) (out [2 * sha256.Size]byte) {
	h, ok := k.hashes.Get().(hash.Hash)
	if !ok {
		h = hmac.New(sha256.New, k.raw[:])
	}
	h.Reset()
	h.Write(message)
	var raw [sha256.Size]byte
	hex.Encode(out[:], h.Sum(raw[:0]))
	k.hashes.Put(h)
	return out
}

// keyCache remembers derived keys in two generations of bounded size: what is
// used moves to the young one, and the old one is dropped when that is full.
type keyCache struct {
	mu         sync.RWMutex
	young, old map[keyScope]*signingKey
}

const keyGeneration = 512

// get is the cached key, or a fresh one that is not in the cache yet: only keys
// that verified a signature are put there, so that strangers cannot flush it.
func (c *keyCache) get(s keyScope) (k *signingKey, cached bool) {
	c.mu.RLock()
	k, ok := c.young[s]
	if !ok {
		k = c.old[s]
	}
	c.mu.RUnlock()
	if k == nil {
		return deriveKey(s), false
	}
	return k, ok
}

func (c *keyCache) put(s keyScope, k *signingKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= keyGeneration {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[keyScope]*signingKey)
	}
	c.young[s] = k
}
