package rules

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// Operation is what Measure has to know of an operation of the API.
type Operation struct {
	Name string
	// Status says that its answer has a status.
	Status bool
}

// Size is how many lines of hand-written code there are of something, without
// comments, blank lines and tests.
type Size struct {
	Name, Directory string
	Lines           int
	// Plain resources have no status, and no operations but those that create,
	// describe, update, delete and list them.
	Plain bool
}

// Sizes of what is under service/, each list the largest first.
type Sizes struct {
	// Directories are counted whole.
	Directories []Size
	// Resources are counted by the files that are theirs alone: those of their
	// operations, and the one that says what is stored, which bears their name.
	Resources []Size
	// Operations are files: one each.
	Operations []Size
}

// Measure counts the lines under service/. Files belong to operations by their
// names, and operations to the resource, one that can be created, whose name they
// hold.
func Measure(t *Tree, api []Operation) (Sizes, error) {
	byFile := map[string]Operation{} // by file name
	for _, op := range api {
		byFile[fileName(op.Name)] = op
	}
	var sizes Sizes
	for _, dir := range services(t) {
		whole := Size{Name: path.Base(dir[0].Package), Directory: dir[0].Package}
		var built []Operation
		lines := map[string]int{} // by file name
		for _, f := range dir {
			source, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(f.Path)))
			if err != nil {
				return Sizes{}, err
			}
			name := fileName(strings.TrimSuffix(path.Base(f.Path), ".go"))
			lines[name] = Lines(source)
			whole.Lines += lines[name]
			if op, ok := byFile[name]; ok {
				built = append(built, op)
				sizes.Operations = append(sizes.Operations, Size{Name: op.Name, Directory: f.Package, Lines: lines[name]})
			}
		}
		sizes.Directories = append(sizes.Directories, whole)
		for noun, operations := range byResource(built) {
			r := Size{Name: noun, Directory: whole.Directory, Lines: lines[fileName(noun)], Plain: true}
			for _, op := range operations {
				r.Lines += lines[fileName(op.Name)]
				r.Plain = r.Plain && !op.Status && plain(op.Name, noun)
			}
			sizes.Resources = append(sizes.Resources, r)
		}
	}
	for _, list := range [][]Size{sizes.Directories, sizes.Resources, sizes.Operations} {
		slices.SortFunc(list, func(a, b Size) int {
			return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Name, b.Name))
		})
	}
	return sizes, nil
}

// fileName is the name of an operation, resource or file in the form in which
// they are compared: letters and digits in lower case.
func fileName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

// services are the hand-written files of each directory under service/.
func services(t *Tree) (dirs [][]*File) {
	at := map[string]int{}
	for _, f := range t.Files {
		if f.Test || f.Generated || !strings.HasPrefix(f.Package, "service/") {
			continue
		}
		i, ok := at[f.Package]
		if !ok {
			i = len(dirs)
			at[f.Package], dirs = i, append(dirs, nil)
		}
		dirs[i] = append(dirs[i], f)
	}
	return dirs
}

// byResource sorts operations by the resource that they are about: of those that
// can be created, the one with the longest name that theirs holds.
func byResource(operations []Operation) map[string][]Operation {
	resources := map[string][]Operation{}
	for _, op := range operations {
		if noun, ok := strings.CutPrefix(op.Name, "Create"); ok {
			resources[noun] = nil
		}
	}
	for _, op := range operations {
		about := ""
		for noun := range resources {
			if len(noun) > len(about) && (strings.Contains(op.Name, noun) || strings.Contains(op.Name, plural(noun))) {
				about = noun
			}
		}
		if about != "" {
			resources[about] = append(resources[about], op)
		}
	}
	return resources
}

// plain says whether every resource may have such an operation.
func plain(operation, noun string) bool {
	return slices.Contains([]string{"Create" + noun, "Describe" + noun, "Update" + noun, "Delete" + noun, "List" + plural(noun)}, operation)
}

// plural of a resource's name, as List operations have it.
func plural(noun string) string {
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return stem + "ies"
	}
	return noun + "s"
}

// Over are the plain resources and the operations with more lines than allowed.
func (s Sizes) Over(plain, operation int) (findings []string) {
	for _, r := range s.Resources {
		if r.Plain && r.Lines > plain {
			findings = append(findings, fmt.Sprintf("%s: the plain resource %s has %d lines, %d are allowed: see what package kit can do for it", r.Directory, r.Name, r.Lines, plain))
		}
	}
	for _, op := range s.Operations {
		if op.Lines > operation {
			findings = append(findings, fmt.Sprintf("%s: the file of %s has %d lines, %d are allowed: move what it decides to a file of its own", op.Directory, op.Name, op.Lines, operation))
		}
	}
	return findings
}

// String is the table that people read.
func (s Sizes) String() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 2, 0, 2, ' ', 0)
	for _, part := range []struct {
		title string
		list  []Size
	}{{"directory", s.Directories}, {"resource", s.Resources}, {"operation", s.Operations}} {
		median := 0
		if n := len(part.list); n > 0 {
			median = part.list[n/2].Lines
		}
		fmt.Fprintf(t, "\n%s\tlines (median %d of %d)\tin\t\n", part.title, median, len(part.list))
		for _, x := range part.list {
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", x.Name, x.Lines, x.Directory, map[bool]string{true: "plain"}[x.Plain])
		}
	}
	t.Flush()
	return b.String()
}
