package rules

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the module's path.
const Module = "github.com/sagebrush/sagebrush"

// File is one Go file of the tree.
type File struct {
	// Path is relative to the module's root, with slashes.
	Path string
	// Package is the directory, "" for the root.
	Package string
	// Imports are the imported packages of this module, by directory, and all
	// others by import path.
	Imports   []string
	Test      bool
	Generated bool
	Syntax    *ast.File

	set *token.FileSet
}

// position is where a node stands, for findings.
func (f *File) position(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Path, f.set.Position(n.Pos()).Line)
}

// Tree is all Go files under a root.
type Tree struct {
	Root  string
	Files []*File
}

// Load parses the tree. Of generated files it reads no further than the imports.
func Load(root string) (*Tree, error) {
	t := &Tree{Root: root}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && name != root
		if d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || hidden || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := load(root, name)
		t.Files = append(t.Files, f)
		return err
	})
	return t, err
}

func load(root, name string) (*File, error) {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f := &File{Path: filepath.ToSlash(rel), Test: strings.HasSuffix(name, "_test.go"), set: token.NewFileSet()}
	if f.Package = path.Dir(f.Path); f.Package == "." {
		f.Package = ""
	}
	f.Generated = bytes.HasPrefix(text, []byte("// Code generated "))
	mode := parser.ParseComments | parser.SkipObjectResolution
	if f.Generated {
		mode |= parser.ImportsOnly
	}
	if f.Syntax, err = parser.ParseFile(f.set, name, text, mode); err != nil {
		return nil, err
	}
	for _, spec := range f.Syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.Imports = append(f.Imports, strings.TrimPrefix(p, Module+"/"))
	}
	return f, nil
}
