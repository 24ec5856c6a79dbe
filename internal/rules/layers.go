package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unlisted are the rooms that stand in no layer of docs/architecture.md, and
// what they may import.
var unlisted = map[string][]string{
	// Small tools without ties: anybody may use them.
	"images":             nil,
	"internal/clientenv": nil,
	"internal/datadir":   nil,
	"internal/rules":     nil,
	"internal/statedir":  nil,
	// Users of the house: they may use everything, and nothing may use them.
	"bench": {"*"},
	"e2e":   {"*"},
}

// standins place rooms that the line of layers does not name beside one that it does.
var standins = map[string]string{"identity": "task"}

// sideways are the imports between rooms of one layer that have a reason.
var sideways = map[string]string{
	"run": "logstream", // a supervisor writes the log stream that logs reads
}

// Layers reads the line of rooms in docs/architecture.md: the highest first,
// each a list of rooms such as "wire" or "service/*".
func Layers(root string) ([][]string, error) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "cmd →") {
			continue
		}
		var layers [][]string
		for part := range strings.SplitSeq(line, "→") {
			layers = append(layers, strings.Fields(part))
		}
		return layers, nil
	}
	return nil, fmt.Errorf("docs/architecture.md has no line of rooms that begins with cmd →")
}

// room is the directory that pkg belongs to: of "service/training" the whole,
// because "service/*" is a room each, of "wire/codec" only "wire".
func room(layers [][]string, pkg string) (name string, layer int) {
	first, rest, _ := strings.Cut(pkg, "/")
	second, _, _ := strings.Cut(rest, "/")
	if name, ok := standins[first]; ok {
		_, layer = room(layers, name)
		return first, layer
	}
	for i, rooms := range layers {
		switch {
		case slices.Contains(rooms, first):
			return first, i
		case slices.Contains(rooms, first+"/*") && second != "":
			return first + "/" + second, i
		}
	}
	for name := range unlisted {
		if pkg == name || strings.HasPrefix(pkg, name+"/") {
			return name, -1
		}
	}
	return "", -1
}

// Imports checks that imports point downwards only. Tests may import what they like.
func Imports(t *Tree, layers [][]string) (findings []string) {
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		from, layer := room(layers, f.Package)
		if from == "" {
			findings = append(findings, fmt.Sprintf("%s: room %q stands in no layer: give it a place in the line of docs/architecture.md", f.Path, f.Package))
			continue
		}
		for _, imported := range f.Imports {
			to, below := room(layers, imported)
			if to == "" || to == from {
				continue
			}
			if reason := forbidden(f, from, to, imported, layer, below); reason != "" {
				findings = append(findings, fmt.Sprintf("%s imports %s: %s", f.Path, imported, reason))
			}
		}
	}
	return findings
}

// forbidden is the reason why one room may not import another, "" if it may.
func forbidden(f *File, from, to, imported string, layer, below int) string {
	if mayUse, ok := unlisted[from]; ok {
		if slices.Contains(mayUse, "*") || slices.Contains(mayUse, to) {
			return ""
		}
		return from + " is a tool without ties and imports nothing of the project"
	}
	if users, ok := unlisted[to]; ok {
		if len(users) > 0 {
			return to + " uses the house and is used by nobody"
		}
		return ""
	}
	switch {
	case strings.HasPrefix(from, "api/") && imported != "aws/schema":
		return "generated code imports aws/schema alone"
	case strings.HasSuffix(imported, "test") && !strings.HasSuffix(f.Package, "test"):
		return "that is a package for tests"
	case below > layer:
		return ""
	case below == layer && sideways[from] == to:
		return ""
	case below == layer:
		return "rooms of one layer do not know each other: declare the small interface that is needed, and let app pass the other in"
	}
	return "imports point downwards only, see docs/architecture.md"
}
