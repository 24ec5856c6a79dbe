package iam

import "github.com/sagebrush/sagebrush/store"

// Options steer a Service.
type Options struct {
	// StrictRoles keeps roles from springing into being.
	StrictRoles bool
}

// Service implements the operations. It is safe for concurrent use.
type Service struct {
	db     *store.DB
	strict bool
}

// New makes the service over db.
func New(db *store.DB, o Options) *Service { return &Service{db: db, strict: o.StrictRoles} }
