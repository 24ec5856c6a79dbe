package docker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"
)

// Credentials open a private registry. The zero value means those that
// `docker login` has left for it, if any.
type Credentials struct {
	Username, Password string
	// IdentityToken, where a registry gives one, takes the place of the password.
	IdentityToken string
}

// ErrNoImage says that the registry does not have the image or does not give it
// out to these credentials: asking again will not help. The error's text has the
// registry's words.
var ErrNoImage = errors.New("the image cannot be had")

// Pull makes sure that the engine has the image and answers its digest,
// "sha256:…": the registry's, or, of an image that was built here, the image's ID.
// An image that the engine has is not asked for again, also when its tag has
// moved on. progress, unless nil, is called with lines that tell a user how far it
// is.
func (r *Runner) Pull(ctx context.Context, ref string, c Credentials, progress func(line string)) (digest string, err error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", fmt.Errorf("docker: pull %q: %w: %w", ref, ErrNoImage, err)
	}
	if digest, err = r.Digest(ctx, ref); err == nil || !errors.Is(err, ErrNoImage) {
		return digest, err
	}
	auth, err := credentialsFor(ctx, reference.Domain(named), c)
	if err != nil {
		return "", fmt.Errorf("docker: pull %s: %w", ref, err)
	}
	if progress == nil {
		progress = func(string) {}
	}
	if err := r.pull(ctx, ref, auth, progress); err != nil {
		return "", fmt.Errorf("docker: pull %s: %w", ref, err)
	}
	return r.Digest(ctx, ref)
}

// Digest is the digest of an image that the engine has, as Pull answers it;
// ErrNoImage when it has none of that name.
func (r *Runner) Digest(ctx context.Context, ref string) (string, error) {
	image, err := r.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) {
		return "", fmt.Errorf("docker: %w: %s is not on this machine", ErrNoImage, ref)
	}
	if err != nil {
		return "", fmt.Errorf("docker: inspect the image %s: %w", ref, err)
	}
	return digestOf(ref, image.RepoDigests, image.ID), nil
}

// digestOf prefers the digest under which the very repository has the image.
func digestOf(ref string, repoDigests []string, id string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	var any string
	for _, d := range repoDigests {
		other, err2 := reference.ParseNormalizedNamed(d)
		digested, ok := other.(reference.Digested)
		if err2 != nil || !ok {
			continue
		}
		if err == nil && other.Name() == named.Name() {
			return digested.Digest().String()
		}
		any = digested.Digest().String()
	}
	if any != "" {
		return any
	}
	return id
}

// pull carries one request for an image through.
func (r *Runner) pull(ctx context.Context, ref string, auth registry.AuthConfig, progress func(string)) error {
	header, err := json.Marshal(auth)
	if err != nil {
		return err
	}
	got, err := r.api.ImagePull(ctx, ref, client.ImagePullOptions{RegistryAuth: base64.URLEncoding.EncodeToString(header)})
	if err != nil {
		return refused(err)
	}
	defer got.Close()
	p := pulling{layers: map[string]*layer{}}
	for m, err := range got.JSONMessages(ctx) {
		if err != nil {
			return err
		}
		if m.Error != nil {
			return refused(m.Error)
		}
		if line := p.line(m); line != "" {
			progress(line)
		}
	}
	return nil
}

// refused tells errors that will stay from those that may pass.
func refused(err error) error {
	text := strings.ToLower(err.Error())
	final := errdefs.IsNotFound(err) || errdefs.IsUnauthorized(err) || errdefs.IsPermissionDenied(err) || errdefs.IsInvalidArgument(err) ||
		slices.ContainsFunc([]string{"manifest unknown", "not found", "denied", "unauthorized", "no basic auth credentials", "no matching manifest", "authentication required", "name unknown"},
			func(sign string) bool { return strings.Contains(text, sign) })
	if final {
		return fmt.Errorf("%w: %s", ErrNoImage, sentence(err.Error()))
	}
	return err
}

// pulling follows the messages of an image that is pulled.
type pulling struct {
	layers map[string]*layer
	tenth  int64
}

// layer is how much of it has come.
type layer struct{ done, total int64 }

// line is what a user wants to read of a message; mostly nothing.
func (p *pulling) line(m jsonstream.Message) string {
	switch {
	case m.ID == "" || strings.HasPrefix(m.Status, "Pulling from"):
		return strings.TrimSpace(m.Status)
	case m.Status == "Downloading" && m.Progress != nil && m.Progress.Total > 0:
		p.layers[m.ID] = &layer{m.Progress.Current, m.Progress.Total}
	case m.Status == "Download complete" && p.layers[m.ID] != nil:
		p.layers[m.ID].done = p.layers[m.ID].total
	case m.Status == "Pull complete":
		return m.ID + ": " + m.Status
	default:
		return ""
	}
	var done, total int64
	for _, l := range p.layers {
		done, total = done+l.done, total+l.total
	}
	tenth := done * 10 / max(total, 1)
	if tenth == p.tenth {
		return ""
	}
	p.tenth = tenth
	return fmt.Sprintf("Downloaded %d of %d MB", done>>20, total>>20)
}
