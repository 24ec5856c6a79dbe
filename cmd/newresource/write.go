package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// files are the resource's files by name.
func (r *resource) files() (map[string][]byte, error) {
	all, err := template.New("").Funcs(template.FuncMap{"lower": strings.ToLower, "words": func(noun string) string { return split(noun, ' ') }}).
		ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	plural := split(strings.TrimPrefix(r.List, "List"), '_')
	names := map[string]string{
		"service": "service", "resource": r.Snake, "test": r.Snake + "_test",
		"create": "create_" + r.Snake, "describe": "describe_" + r.Snake, "list": "list_" + plural,
	}
	if r.HasUpdate {
		names["update"] = "update_" + r.Snake
	}
	if r.HasDelete {
		names["delete"] = "delete_" + r.Snake
	}
	files := map[string][]byte{}
	for part, name := range names {
		var b bytes.Buffer
		if err := all.ExecuteTemplate(&b, part+".tmpl", r); err != nil {
			return nil, err
		}
		text, err := format.Source(b.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s.go: %w\n%s", name, err, b.Bytes())
		}
		files[name+".go"] = text
	}
	return files, nil
}
