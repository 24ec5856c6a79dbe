package modeldata

import (
	"path"
	"strings"
)

// maxName is the longest name of a file or directory in bytes (DescModel-7), and
// maxPath the longest path: further ones are of no use to programs.
const (
	maxName = 255
	maxPath = 2048
)

// Paths are the paths of objects that are not compressed, below the model's
// directory and in order: what follows the prefix in each key (DescModel-6). Keys
// are any text, and paths are not: an *Error names the first that cannot be one,
// or two that cannot be beside each other (DescModel-7).
func Paths(prefix string, keys []string) ([]string, error) {
	paths := make([]string, len(keys))
	files := make(map[string]string, len(keys)) // path to its key
	dirs := make(map[string]string)             // path to a key below it
	for i, key := range keys {
		p := strings.TrimPrefix(key, prefix)
		if reason := unfit(key, p); reason != "" {
			return nil, failed("The object %q of the model data cannot be a file: %s. Rename or remove it.", key, reason)
		}
		if other, ok := files[p]; ok {
			return nil, failed("The objects %q and %q of the model data would be the same file. Rename one of them.", other, key)
		}
		files[p], paths[i] = key, p
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if _, ok := dirs[dir]; ok {
				break
			}
			dirs[dir] = key
		}
	}
	for _, p := range paths {
		if below, ok := dirs[p]; ok {
			return nil, failed("The object %q of the model data cannot be a file, because the object %q needs a directory of that name. Rename one of them.", files[p], below)
		}
	}
	return paths, nil
}

// unfit says why the path of a key cannot be one, "" when it can.
func unfit(key, p string) string {
	switch {
	case strings.HasSuffix(key, "/"):
		return "its key ends in a slash, as those do which consoles make for folders"
	case strings.ContainsRune(p, 0):
		return "its key holds a NUL"
	case len(p) > maxPath:
		return "its path is too long"
	}
	for name := range strings.SplitSeq(p, "/") {
		switch {
		case strings.TrimSpace(name) == "":
			return "a name in its path is empty or blank"
		case name == "." || name == "..":
			return "a name in its path is . or .."
		case len(name) > maxName:
			return "a name in its path is longer than 255 bytes"
		}
	}
	return ""
}

// keyDir is the part of a key before its last name.
func keyDir(key string) string { return key[:strings.LastIndexByte(key, '/')+1] }
