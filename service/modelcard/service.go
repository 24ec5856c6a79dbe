// Package modelcard is model cards: documents about models, kept in versions and
// printed as PDF files.
//
// A card is one row with its status, and a row for each version of its content;
// every change of the content makes a version (card.go). An export job prints a
// version into a bucket: a durable task renders the document and stores it, and
// may do so twice, because the same version always becomes the same file.
//
//	content.go, schema.json   what a content must look like; pure
//	document.go, layout.go    the document; pure
//	status.go                 the transitions, drawn in docs/states
//	export.go                 the task of an export job
//
// The operations stand in files of their own.
package modelcard

import (
	"context"
	"io"
	"log/slog"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/task"
)

// taskExport prints a card.
const taskExport = "model-card/export"

// Objects takes the documents; a blob.Store is one.
type Objects interface {
	GetBucket(ctx context.Context, name string) (blob.Bucket, error)
	Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error)
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks   *task.Queue
	Objects Objects
	Logger  *slog.Logger
}

// Service implements the model card operations.
type Service struct {
	Config
	content content
}

// New makes the service and registers its task handler.
func New(c Config) *Service {
	s := &Service{c, newContent()}
	c.Tasks.Handle(taskExport, task.HandlerOptions{Concurrency: 2}, s.export)
	return s
}
