package rules

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// PackageDocs checks that every package says what it is for, once, in a comment
// that begins with "Package name" or, of a command, "Command name".
func PackageDocs(t *Tree) (findings []string) {
	docs := map[string][]string{}
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		if _, ok := docs[f.Package]; !ok {
			docs[f.Package] = nil
		}
		if f.Syntax.Doc != nil {
			docs[f.Package] = append(docs[f.Package], f.Path)
			begin := "Package " + f.Syntax.Name.Name + " "
			if f.Syntax.Name.Name == "main" {
				begin = "Command " + path.Base(f.Package) + " "
			}
			text := f.Syntax.Doc.Text()
			if !strings.HasPrefix(text, begin) || len(text) < 60 {
				findings = append(findings, fmt.Sprintf("%s: the package comment begins with %q and says what the package is for", f.Path, begin))
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(docs)) {
		switch files := docs[pkg]; len(files) {
		case 0:
			findings = append(findings, fmt.Sprintf("%s: no package comment: a newcomer needs one", pkg))
		case 1:
		default:
			findings = append(findings, fmt.Sprintf("%s: package comments in %s: keep one", pkg, strings.Join(files, " and ")))
		}
	}
	return findings
}

// NoInit checks that hand-written code has no init functions: what happens at
// the start is written in main and app, in order.
func NoInit(t *Tree) (findings []string) {
	for _, f := range t.Files {
		if f.Generated {
			continue
		}
		for _, d := range f.Syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				findings = append(findings, f.position(fn)+": init(): do this in a constructor that app calls")
			}
		}
	}
	return findings
}

// hidden are the functions by which code depends on more than its arguments,
// by package, and what to use instead.
var hidden = map[string]map[string]string{
	"time": {
		"Now": "tx.Now, or a clock from the configuration", "Since": "a clock from the configuration", "Until": "a clock from the configuration",
		"Sleep": "a task with RunAt, or a timer beside ctx.Done()",
	},
	"context": {"Background": "the caller's context", "TODO": "the caller's context"},
}

// Clocks checks that services and companions take time and contexts from their
// callers, so that all rows of a transaction agree and tests can set the clock.
func Clocks(t *Tree) (findings []string) {
	for _, f := range t.Files {
		if f.Test || f.Generated || !strings.HasPrefix(f.Package, "service/") && !strings.HasPrefix(f.Package, "companion/") {
			continue
		}
		names := importNames(f)
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok {
				return true
			}
			if instead, ok := hidden[names[x.Name]][s.Sel.Name]; ok {
				findings = append(findings, fmt.Sprintf("%s: %s.%s: use %s", f.position(s), x.Name, s.Sel.Name, instead))
			}
			return true
		})
	}
	return findings
}

// importNames maps the names that a file uses for packages to their paths.
func importNames(f *File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}
