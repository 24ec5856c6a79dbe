package training

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// fileSystemDir is the directory of this machine that a FileSystemDataSource
// names. File systems are directories that the server was told of; a path in one
// of them cannot leave it, links included.
func (s *Service) fileSystemDir(in *sagemaker.FileSystemDataSource) (string, error) {
	base, ok := s.FileSystems[*in.FileSystemId]
	if !ok {
		return "", aws.Invalid("There is no file system %q. Start the server with --file-system %s=DIRECTORY to let a directory of this machine stand for it.", *in.FileSystemId, *in.FileSystemId)
	}
	path := strings.Trim(filepath.Clean("/"+*in.DirectoryPath), "/")
	if path == "" {
		path = "."
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return "", aws.Invalid("The directory %s that stands for the file system %q cannot be opened: %v.", base, *in.FileSystemId, errors.Unwrap(err))
	}
	defer root.Close()
	info, err := root.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", aws.Invalid("The directory %q does not exist on the file system %q.", *in.DirectoryPath, *in.FileSystemId)
	case err != nil:
		return "", aws.Invalid("The directory %q on the file system %q cannot be used: %v.", *in.DirectoryPath, *in.FileSystemId, err)
	case !info.IsDir():
		return "", aws.Invalid("%q on the file system %q is not a directory.", *in.DirectoryPath, *in.FileSystemId)
	}
	return filepath.EvalSymlinks(filepath.Join(base, path))
}
