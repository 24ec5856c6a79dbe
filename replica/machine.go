package replica

import (
	"context"
	"log/slog"
	"time"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// ModelData brings the data of models.
type ModelData interface {
	// Bring puts it into dir, which is then whole or does not exist. An error of the
	// data, not of ours, is a ValidationException.
	Bring(ctx context.Context, scope aws.Scope, from modeldata.Source, dir string) error
}

// Images resolves an image URI to a program and makes its environment.
type Images interface {
	image.Resolver
	Prepare(ctx context.Context, img image.Image, progress func(line string)) (image.Program, error)
}

// Containers runs programs in containers, and brings their images.
type Containers interface {
	run.Runner
	// Pull sees to it that the engine has the image, and answers its digest;
	// provider names the credentials of its registry, "" without. The error is a
	// sentence for the user.
	Pull(ctx context.Context, ref, provider string, progress func(line string)) (digest string, err error)
}

// Access lets the containers use this server as the model's role does.
type Access interface {
	// Variables are its environment, good for d; caBundle is the file with the
	// certificates to trust, as the program sees it.
	Variables(ctx context.Context, scope aws.Scope, roleARN, caBundle string, d time.Duration) (map[string]string, error)
	// CABundle is the content of that file.
	CABundle() ([]byte, error)
	// Address is the server's own TCP address on this machine.
	Address() string
}

// Machine is where replicas live.
type Machine struct {
	DB     *store.DB
	Data   ModelData
	Images Images
	// Runner runs programs as processes, Containers in containers; nil where there
	// is no engine.
	Runner     run.Runner
	Containers Containers
	// Native is the command line that serves models without their images' own
	// programs, nil for none: package native.
	Native []string
	// ContainersOnly runs every image in a container, also those that this server
	// has a program for.
	ContainersOnly bool
	// Dumps takes the core files of containers that crash.
	Dumps   Dumps
	Access  Access
	Streams *logstream.Catalog
	Logger  *slog.Logger
	Now     func() time.Time
	// MemoryLimit caps what any container may use below its own limit, in bytes, 0
	// for no cap.
	MemoryLimit int64
}

// Place decides where the containers of a model run. It asks the images, so call it
// outside of transactions. The error is a ValidationException for an image that
// nothing here can run.
func (m *Machine) Place(ctx context.Context, model *Model) error {
	for i := range model.Containers {
		c := &model.Containers[i]
		_, contained, err := image.Locate(ctx, m.Images, c.Image, m.Containers != nil, m.ContainersOnly)
		if err != nil {
			return err
		}
		c.Contained = contained
	}
	return nil
}
