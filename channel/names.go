package channel

import (
	"path"
	"strings"
)

// maxName is the longest name of a file in bytes.
const maxName = 255

// localName is the path of an object below its channel's directory: the key
// without the prefix, or the base name when the prefix is the whole key
// (TrainData-6).
func localName(key, prefix string) string {
	name := strings.TrimLeft(strings.TrimPrefix(key, prefix), "/")
	if name == "" {
		name = path.Base(key)
	}
	return name
}

// isFolder recognises the empty objects that stand for folders; they have no file.
func isFolder(key string, size int64) bool { return size == 0 && strings.HasSuffix(key, "/") }

// namesOf gives every object its path below the channel's directory and refuses
// those that cannot live there together: keys are any text, paths are not. An
// object that is listed twice has one file.
func namesOf(objects []object) ([]object, error) {
	files := make(map[string]string, len(objects)) // path to key
	dirs := map[string]string{}                    // path to a key below it
	out := objects[:0:0]
	for _, o := range objects {
		name, err := cleanName(&o)
		if err != nil {
			return nil, err
		}
		o.Name = name
		if other, ok := files[name]; ok {
			if other == o.Key {
				continue
			}
			return nil, failed("the keys %q and %q would be the same file. Rename one of them", other, o.Key)
		}
		files[name] = o.Key
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := dirs[dir]; ok {
				break
			}
			dirs[dir] = o.Key
		}
		out = append(out, o)
	}
	for _, o := range out {
		if below, ok := dirs[o.Name]; ok {
			return nil, failed("the key %q cannot be a file, because the key %q needs a directory of that name. Rename one of them, or use Pipe mode", o.Key, below)
		}
	}
	return out, nil
}

// cleanName is an object's path without empty elements. It cannot leave the
// channel's directory.
func cleanName(o *object) (string, error) {
	if strings.HasSuffix(o.Name, "/") || strings.ContainsRune(o.Name, 0) {
		return "", failed("the key %q cannot be a file, because it ends in a slash or holds a NUL. Rename it, or use Pipe mode", o.Key)
	}
	var elements []string
	for e := range strings.SplitSeq(o.Name, "/") {
		switch {
		case e == "":
			continue
		case e == "." || e == "..":
			return "", failed("the key %q cannot be a file below the channel's directory. Rename it, or use Pipe mode", o.Key)
		case len(e) > maxName:
			return "", failed("the key %q cannot be a file, because a part of it is longer than %d bytes. Rename it, or use Pipe mode", o.Key, maxName)
		}
		elements = append(elements, e)
	}
	if len(elements) == 0 {
		return "", failed("the key %q leaves no name for a file", o.Key)
	}
	return strings.Join(elements, "/"), nil
}

// wholeFolder refuses a FastFile prefix that ends within a name: what its
// directory shows would begin with the rest of that name (TrainData-2).
func wholeFolder(prefix string, objects []object) error {
	if prefix == "" || strings.HasSuffix(prefix, "/") {
		return nil
	}
	for _, o := range objects {
		if rest := strings.TrimPrefix(o.Key, prefix); rest != "" && rest[0] != '/' {
			return failed("the prefix %q ends within the name of the key %q. In FastFile mode the S3Uri must name a whole folder: end it with a slash", prefix, o.Key)
		}
	}
	return nil
}
