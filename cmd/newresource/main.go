// Command newresource starts a plain resource on the kit: it reads in the API what
// the operations of a kind take and answer, and writes one short file for each into
// a directory under service/, with a test that passes.
//
//	go run ./cmd/newresource CodeRepository service/coderepository
//
// What it cannot know is left to you, and it says so: rules that the model does not
// state, filters that a list has of its own, members that are not in the request.
// Files that exist already are not touched. CONTRIBUTING.md has the rest of the way.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	arn := flag.String("arn", "", "word before the name in its ARNs (default the noun in kebab case)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./cmd/newresource [-arn WORD] NOUN DIRECTORY\n\n  go run ./cmd/newresource CodeRepository service/coderepository")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), filepath.ToSlash(filepath.Clean(flag.Arg(1))), *arn); err != nil {
		fmt.Fprintln(os.Stderr, "newresource:", err)
		os.Exit(1)
	}
}

func run(noun, dir, arn string) error {
	if !strings.HasPrefix(dir, "service/") {
		return fmt.Errorf("%s: resources stand in directories under service/", dir)
	}
	r, err := read(noun, filepath.Base(dir), arn)
	if err != nil {
		return err
	}
	files, err := r.files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			fmt.Println("kept   ", path)
			continue
		} else if err != nil {
			return err
		}
		_, err = f.Write(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Println("written", path)
	}
	for _, left := range r.Left {
		fmt.Println("left to you:", left)
	}
	fmt.Println("then: two lines in app/services.go, a probe for each operation in app/isolation_test.go, make generate")
	return nil
}
