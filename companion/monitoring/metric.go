package monitoring

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Dimension is one name and value that tell metrics of one name apart.
type Dimension struct{ Name, Value string }

// identity is who a metric is inside an account and region.
type identity struct {
	namespace, name string
	dimensions      []Dimension
}

// canonical is the dimensions as JSON, sorted by name: the same set of
// dimensions gives the same text in whatever order it was sent.
func (m identity) canonical() string {
	pairs := make([][2]string, len(m.dimensions))
	for i, d := range m.dimensions {
		pairs[i] = [2]string{d.Name, d.Value}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	return mustJSON(pairs)
}

// digest is a fixed-length key for the identity.
func (m identity) digest() string {
	sum := sha256.Sum256([]byte(mustJSON([]string{m.namespace, m.name, m.canonical()})))
	return hex.EncodeToString(sum[:])
}

// mustJSON encodes strings in slices, which cannot fail.
func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("monitoring: strings that are no JSON: " + err.Error())
	}
	return string(b)
}

// parseDimensions is the inverse of canonical.
func parseDimensions(canonical string) ([]Dimension, error) {
	var pairs [][2]string
	if err := json.Unmarshal([]byte(canonical), &pairs); err != nil {
		return nil, fmt.Errorf("monitoring: stored dimensions: %w", err)
	}
	out := make([]Dimension, len(pairs))
	for i, p := range pairs {
		out[i] = Dimension{p[0], p[1]}
	}
	return out, nil
}

// find looks the metric up; ok is false when nothing was ever reported for it.
func find(tx *store.Tx, s aws.Scope, m identity) (id int64, ok bool, err error) {
	err = tx.QueryRow(`select id from monitoring_metric where account = $1 and region = $2 and digest = $3`,
		s.Account, s.Region, m.digest()).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// ensure finds the metric or makes it.
func ensure(tx *store.Tx, s aws.Scope, m identity) (int64, error) {
	if id, ok, err := find(tx, s, m); ok || err != nil {
		return id, err
	}
	if _, err := tx.Exec(`insert into monitoring_metric (account, region, digest, namespace, name, dimensions)
		values ($1, $2, $3, $4, $5, $6) on conflict (account, region, digest) do nothing`,
		s.Account, s.Region, m.digest(), m.namespace, m.name, m.canonical()); err != nil {
		return 0, err
	}
	id, ok, err := find(tx, s, m)
	if err == nil && !ok {
		err = fmt.Errorf("monitoring: metric %s %s vanished while it was made: %w", m.namespace, m.name, store.ErrStale)
	}
	return id, err
}
