package dir_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/blobtest"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// open makes a store on db in a directory of its own.
func open(t testing.TB, db *store.DB) (*dir.Store, string) {
	t.Helper()
	path := t.TempDir()
	s, err := dir.New(db, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, path
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		blobtest.Run(t, func(t *testing.T) blob.Store {
			s, _ := open(t, db)
			return s
		})
	})
}
