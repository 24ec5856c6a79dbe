package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/native"
	"github.com/sagebrush/sagebrush/run"
)

// caBundle is where containers find the certificates to trust, as they see it.
const caBundle = "/opt/ml/input/config/ca-bundle.pem"

// NativeVariable, set to "off" in a container's environment, has the image's own
// program serve, also where this server could do it without Python.
const NativeVariable = "SAGEBRUSH_NATIVE"

// session is how long a container's credentials are good for. They cannot be
// renewed from outside, and replicas live long.
const session = 5 * 365 * 24 * time.Hour

// prepare brings what a container needs and answers how it is run.
func (j *job) prepare(ctx context.Context, i int) (run.Spec, Resolved, error) {
	c, dir := j.containers[i], j.containerDir(i)
	program, image, err := j.program(ctx, c, dir)
	if err != nil {
		return run.Spec{}, image, err
	}
	if j.dials[i].port, err = j.choosePort(i); err != nil {
		return run.Spec{}, image, err
	}
	env, err := j.environment(ctx, i, program.Env)
	if err != nil {
		return run.Spec{}, image, err
	}
	spec := run.Spec{
		ID: j.ID(i), Hostname: c.Hostname, Env: env, OptML: dir, Network: j.network(i), Log: j.logs[i], Limits: j.limits(),
	}
	if j.CoreDumps != "" && !c.Contained {
		spec.Limits.CoreBytes = maxCore
		if n := spec.Limits.MemoryBytes; n > 0 && n < maxCore { // it has no more to write
			spec.Limits.CoreBytes = n
		}
	}
	if c.Contained {
		spec.Image, spec.Args = c.Image, []string{"serve"}
	} else {
		spec.Command = program.Serve
	}
	return spec, image, nil
}

// program lays out what a container sees, and is what runs in it: the image's own, in
// the engine, or this server's for the image.
func (j *job) program(ctx context.Context, c Container, dir string) (image.Program, Resolved, error) {
	r := Resolved{Specified: c.Image, Resolved: c.Image}
	tell := func(line string) { j.m.Logger.Info("preparing an image", "image", c.Image, "progress", line) }
	if c.Contained {
		err := j.pull(ctx, c, &r, tell)
		if err == nil {
			err = j.layOut(ctx, c, dir)
		}
		return image.Program{}, r, err
	}
	img, err := j.m.Images.Resolve(ctx, c.Image)
	if err == nil {
		err = j.layOut(ctx, c, dir)
	}
	if err != nil {
		return image.Program{}, r, err
	}
	if c.Environment["SAGEMAKER_PROGRAM"] != "" || c.Environment["SAGEMAKER_SUBMIT_DIRECTORY"] != "" {
		img = img.ForScripts()
	} else if len(j.m.Native) > 0 && j.isNative(c, img, dir) {
		r.At = j.m.Now()
		return image.Program{Serve: j.m.Native}, r, nil
	}
	if c.MultiModel && img.BuiltIn {
		return image.Program{}, r, aws.Invalid("The image %s serves many models (Mode MultiModel) without a script and without %s=off only, and those of trees alone. Use an image of your own that serves /models.", c.Image, NativeVariable)
	}
	program, err := j.m.Images.Prepare(ctx, img, tell)
	switch {
	case err != nil && ctx.Err() == nil && aws.CodeOf(err) == aws.InternalFailure:
		return program, r, aws.Invalid("The image %s could not be prepared: %v.", c.Image, err)
	case err != nil:
		return program, r, err
	case len(program.Serve) == 0:
		return program, r, aws.Invalid("The image %s has no serve program, so that nothing can answer requests.", c.Image)
	}
	r.At = j.m.Now()
	return program, r, nil
}

// pull brings the image of a container to the engine.
func (j *job) pull(ctx context.Context, c Container, r *Resolved, tell func(string)) error {
	if j.m.Containers == nil {
		return aws.Invalid("The image %s needs a container engine, and this server has none now.", c.Image)
	}
	digest, err := j.m.Containers.Pull(ctx, c.Image, c.Provider, tell)
	if err != nil && ctx.Err() == nil {
		err = aws.Invalid("%v.", err)
	}
	r.At = j.m.Now()
	r.Resolved = image.WithDigest(c.Image, digest)
	return err
}

// isNative says whether the model of a container is served without the image's own
// program: its answers are the same, and it is there at once. Models of a multi-model
// container come later; those that are not supported are refused then.
func (j *job) isNative(c Container, img image.Image, dir string) bool {
	if !img.BuiltIn || c.Environment[NativeVariable] == "off" {
		return false
	}
	if c.MultiModel {
		return native.Knows(img.Name)
	}
	if c.Data == nil {
		return false
	}
	err := native.Supports(img.Name, filepath.Join(dir, "model"))
	if err != nil {
		j.m.Logger.Debug("a model is served by its image's own program", "image", c.Image, "because", err)
	}
	return err == nil
}

// layOut makes what a container sees as /opt/ml, with the model's data.
func (j *job) layOut(ctx context.Context, c Container, dir string) error {
	for _, d := range []string{"input/config", "code"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	certificates, err := j.m.Access.CABundle()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "input/config", filepath.Base(caBundle)), certificates, 0o644); err != nil {
		return err
	}
	model := filepath.Join(dir, "model")
	if c.Data == nil || c.MultiModel {
		return os.MkdirAll(model, 0o755)
	}
	bringing, cancel := context.WithTimeout(ctx, j.Download)
	defer cancel()
	err = j.m.Data.Bring(bringing, j.Scope, *c.Data, model)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return aws.Invalid("The model data %s of the container %s was not there within %s. Allow it more with ModelDataDownloadTimeoutInSeconds.", c.Data.URI, c.Hostname, j.Download)
	}
	return err
}

// environment is the whole environment of a container (Host-5, Host-6): the
// image's, the contract's, access to this server, and last the model's own.
func (j *job) environment(ctx context.Context, i int, own map[string]string) (map[string]string, error) {
	c := j.containers[i]
	env := map[string]string{
		"PYTHONUNBUFFERED":          "1",
		"AWS_REGION":                j.Scope.Region,
		"AWS_DEFAULT_REGION":        j.Scope.Region,
		"SAGEMAKER_REGION":          j.Scope.Region,
		"SAGEMAKER_BIND_TO_PORT":    fmt.Sprint(j.dials[i].port),
		"SAGEMAKER_SAFE_PORT_RANGE": "21000-21999",
		"SAGEMAKER_BIND_TO_HOST":    "127.0.0.1",
		"OMP_WAIT_POLICY":           "passive",
	}
	maps.Copy(env, j.Environment)
	if c.MultiModel {
		env["SAGEMAKER_MULTI_MODEL"] = "true"
	}
	if c.Contained { // it has a network of its own
		delete(env, "SAGEMAKER_BIND_TO_HOST")
	} else {
		env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		env["HOME"], env["LANG"] = "/root", "C.UTF-8"
	}
	if j.Model.RoleARN != "" && !j.isolated() {
		access, err := j.m.Access.Variables(ctx, j.Scope, j.Model.RoleARN, caBundle, session)
		if err != nil {
			return nil, err
		}
		maps.Copy(env, access)
	}
	maps.Copy(env, own)
	maps.Copy(env, c.Environment)
	return env, nil
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
