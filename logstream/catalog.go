package logstream

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ErrNoSuchStream is returned for a stream that nobody created.
var ErrNoSuchStream = errors.New("logstream: no such stream")

// Catalog says which streams exist, in which log group, and where their files
// are. A group exists as long as it has a stream.
type Catalog struct {
	db  *store.DB
	dir string
}

// Stream is one entry of the catalog.
type Stream struct {
	Group, Name string
	// Path of the file, which may not exist yet.
	Path      string
	CreatedAt time.Time
}

// Group is one log group.
type Group struct {
	Name string
	// CreatedAt is when its first stream was created.
	CreatedAt time.Time
	// Streams is how many it has.
	Streams int
}

// NewCatalog keeps the log files beneath dir.
func NewCatalog(db *store.DB, dir string) *Catalog { return &Catalog{db: db, dir: dir} }

// Create adds the stream, unless it is there already, and answers its file.
func (c *Catalog) Create(tx *store.Tx, s aws.Scope, group, stream string) (path string, err error) {
	sum := sha256.Sum256([]byte(group + "\x00" + stream))
	name := hex.EncodeToString(sum[:16])
	rel := filepath.Join(s.Account, s.Region, name[:2], name+".log")
	_, err = tx.Exec(`INSERT INTO log_stream (account, region, log_group, stream, path, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		s.Account, s.Region, group, stream, rel, store.Micros(tx.Now))
	if err != nil {
		return "", fmt.Errorf("add log stream: %w", err)
	}
	return c.Path(tx, s, group, stream)
}

// Path is the stream's file; ErrNoSuchStream when it was never created.
func (c *Catalog) Path(tx *store.Tx, s aws.Scope, group, stream string) (string, error) {
	var rel string
	err := tx.QueryRow(`SELECT path FROM log_stream
		WHERE account = $1 AND region = $2 AND log_group = $3 AND stream = $4`,
		s.Account, s.Region, group, stream).Scan(&rel)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNoSuchStream
	}
	if err != nil {
		return "", fmt.Errorf("find log stream: %w", err)
	}
	return filepath.Join(c.dir, rel), nil
}

// HasGroup says whether the group has a stream.
func (c *Catalog) HasGroup(tx *store.Tx, s aws.Scope, group string) (bool, error) {
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM (SELECT 1 FROM log_stream
		WHERE account = $1 AND region = $2 AND log_group = $3 LIMIT 1) AS t`,
		s.Account, s.Region, group).Scan(&n)
	return n > 0, err
}

// Order of streams.
type Order int

// Streams are listed by name, forwards or backwards.
const (
	Ascending Order = iota
	Descending
)

// Streams lists a group's streams whose names begin with prefix, in byte order
// of their names, from behind the name after ("": from the start). A limit of 0
// lists all.
func (c *Catalog) Streams(tx *store.Tx, s aws.Scope, group, prefix string, order Order, after string, limit int) ([]Stream, error) {
	query := `SELECT stream, path, created_at FROM log_stream WHERE account = $1 AND region = $2 AND log_group = $3`
	args := []any{s.Account, s.Region, group}
	query, args = withRange(query, args, "stream", prefix, order, after, limit)
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("list log streams: %w", err)
	}
	defer rows.Close()
	var out []Stream
	for rows.Next() {
		st := Stream{Group: group}
		var rel string
		var created int64
		if err := rows.Scan(&st.Name, &rel, &created); err != nil {
			return nil, fmt.Errorf("list log streams: %w", err)
		}
		st.Path, st.CreatedAt = filepath.Join(c.dir, rel), store.FromMicros(created)
		out = append(out, st)
	}
	return out, rows.Err()
}

// Groups lists the groups whose names begin with prefix, in byte order of their
// names, from behind the name after. A limit of 0 lists all.
func (c *Catalog) Groups(tx *store.Tx, s aws.Scope, prefix, after string, limit int) ([]Group, error) {
	query := `SELECT log_group, min(created_at), count(*) FROM log_stream WHERE account = $1 AND region = $2`
	args := []any{s.Account, s.Region}
	query, args = withRange(query, args, "log_group", prefix, Ascending, after, limit)
	query = strings.Replace(query, " ORDER BY", " GROUP BY log_group ORDER BY", 1)
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("list log groups: %w", err)
	}
	defer rows.Close()
	var out []Group
	for rows.Next() {
		var g Group
		var created int64
		if err := rows.Scan(&g.Name, &created, &g.Streams); err != nil {
			return nil, fmt.Errorf("list log groups: %w", err)
		}
		g.CreatedAt = store.FromMicros(created)
		out = append(out, g)
	}
	return out, rows.Err()
}

// withRange adds the conditions, order and bound of a list over column, in a
// form that the primary key's index answers.
func withRange(query string, args []any, column, prefix string, order Order, after string, limit int) (string, []any) {
	add := func(cond string, v any) {
		args = append(args, v)
		query += fmt.Sprintf(cond, column, len(args))
	}
	if prefix != "" {
		add(" AND %s >= $%d", prefix)
		if end := prefixEnd(prefix); end != "" {
			add(" AND %s < $%d", end)
		}
	}
	direction := "ASC"
	if order == Descending {
		direction = "DESC"
	}
	switch {
	case after != "" && order == Descending:
		add(" AND %s < $%d", after)
	case after != "":
		add(" AND %s > $%d", after)
	}
	query += " ORDER BY " + column + " " + direction
	if limit > 0 {
		args = append(args, limit)
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return query, args
}

// prefixEnd is a string greater than all that begin with prefix and not greater
// than any other that follows them, "" when there is none. It stays valid UTF-8,
// which PostgreSQL insists on.
func prefixEnd(prefix string) string {
	r := []rune(prefix)
	for i := len(r) - 1; i >= 0; i-- {
		switch {
		case r[i] == 0xD7FF: // the surrogates follow, which are no characters
			r[i] = 0xE000
		case r[i] < 0x10FFFF:
			r[i]++
		default:
			continue
		}
		return string(r[:i+1])
	}
	return ""
}
