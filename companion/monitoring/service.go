package monitoring

import "github.com/sagebrush/sagebrush/store"

// Service implements the operations. It is safe for concurrent use.
type Service struct {
	db *store.DB
}

// New makes the service over db.
func New(db *store.DB) *Service { return &Service{db: db} }
