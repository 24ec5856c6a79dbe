package image

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Registration is a line of List.
type Registration struct {
	// URI is the registered URI, or a built-in image's first pattern.
	URI string
	// Name is the built-in image's name, "" for registered folders.
	Name string
	// Dir is the folder.
	Dir     string
	BuiltIn bool
	// CreatedAt is when it was registered, zero for built-in images.
	CreatedAt time.Time
}

// Add registers a folder under an image URI, or gives a registered URI another
// folder; without a tag the URI answers for all of its repository's tags. The
// folder must be an absolute path on the server's machine and hold a train or
// serve program; what is wrong with it is a ValidationException.
func (m *Manager) Add(ctx context.Context, uri, dir string) (Image, error) {
	if _, err := parseURI(uri); err != nil {
		return Image{}, err
	}
	if !filepath.IsAbs(dir) {
		return Image{}, aws.Invalid("The folder %q must be an absolute path on the server's machine.", dir)
	}
	dir = filepath.Clean(dir)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, os.ErrNotExist):
		return Image{}, aws.Invalid("The folder %s does not exist.", dir)
	case err != nil:
		return Image{}, aws.Invalid("The folder %s cannot be read by the server.", dir)
	case !info.IsDir():
		return Image{}, aws.Invalid("%s is not a folder.", dir)
	case m.hidden != "" && beneath(dir, m.hidden):
		return Image{}, aws.Invalid("The folder %s lies in the server's data directory, which the programs of jobs find empty. Put it somewhere else.", dir)
	}
	img, err := openFolder(uri, dir)
	if err != nil {
		return Image{}, err
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO image (uri, dir, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (uri) DO UPDATE SET dir = excluded.dir, created_at = excluded.created_at`,
			uri, dir, store.Micros(tx.Now))
		return err
	})
	return img, err
}

// beneath says whether a path is a directory or in it, links resolved.
func beneath(path, dir string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	rel, err := filepath.Rel(dir, real)
	return err == nil && filepath.IsLocal(rel)
}

// List answers the registered folders by URI and then the built-in images.
func (m *Manager) List(ctx context.Context) ([]Registration, error) {
	var list []Registration
	err := m.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT uri, dir, created_at FROM image ORDER BY uri`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Registration
			var created int64
			if err := rows.Scan(&r.URI, &r.Dir, &created); err != nil {
				return err
			}
			r.CreatedAt = store.FromMicros(created)
			list = append(list, r)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, b := range m.builtIn {
		for _, pattern := range b.manifest.URIs {
			list = append(list, Registration{URI: pattern, Name: b.manifest.Name, Dir: b.dir, BuiltIn: true})
		}
	}
	return list, nil
}

// Remove forgets a registration; the folder stays. An unknown URI is
// ResourceNotFound.
func (m *Manager) Remove(ctx context.Context, uri string) error {
	return m.db.Update(ctx, func(tx *store.Tx) error {
		result, err := tx.Exec(`DELETE FROM image WHERE uri = $1`, uri)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return aws.Errorf(aws.ResourceNotFound, "No folder is registered under image URI %q; see sagebrush image list.", uri)
	})
}

// lookup answers the folder registered under exactly this URI.
func lookup(tx *store.Tx, uri string) (dir string, found bool, err error) {
	err = tx.QueryRow(`SELECT dir FROM image WHERE uri = $1`, uri).Scan(&dir)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return dir, err == nil, err
}
