package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Dir is the path of a data directory.
type Dir string

// Credentials is the file with the key pair made at the first start, in the
// format of AWS's shared credentials file.
func (d Dir) Credentials() string { return filepath.Join(string(d), "credentials") }

// CACert is the certificate of the local certificate authority, PEM.
func (d Dir) CACert() string { return filepath.Join(string(d), "ca.pem") }

// CAKey is the private key of the local certificate authority, PEM, mode 0600.
func (d Dir) CAKey() string { return filepath.Join(string(d), "ca-key.pem") }

// CABundle is the certificates that the system trusts and CACert in one file,
// for clients that take a single file.
func (d Dir) CABundle() string { return filepath.Join(string(d), "ca-bundle.pem") }

// Database is the embedded database.
func (d Dir) Database() string { return filepath.Join(string(d), "sagebrush.db") }

func (d Dir) server() string { return filepath.Join(string(d), "server.json") }
func (d Dir) lock() string   { return filepath.Join(string(d), "lock") }

// Default is the directory that commands use when none is named: the variable
// SAGEBRUSH_DATA_DIR, else ~/.sagebrush.
func Default() string {
	if dir := os.Getenv("SAGEBRUSH_DATA_DIR"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ".sagebrush"
	}
	return filepath.Join(home, ".sagebrush")
}

// Make creates the directory, readable by its owner only, and answers its
// absolute path.
func Make(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	return Dir(abs), nil
}

// Replace writes a file as a whole: readers see the old content or the new,
// and the new one is on disk when Replace returns.
func Replace(path string, content []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(content); err == nil {
		if err = f.Chmod(mode); err == nil {
			err = f.Sync()
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
