// Package cluster proves what several servers do together: two on one PostgreSQL
// database and one data directory share the work and survive each other, and one
// keeps its objects in another's S3.
package cluster
