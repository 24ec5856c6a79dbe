package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// permissive are words of the licences that may be linked into the binary;
// MPL-2.0 counts, for it asks only about changes to its own files.
var permissive = [...]string{
	"Apache License",
	"Permission is hereby granted, free of charge",
	"Redistribution and use in source and binary forms",
	"Permission to use, copy, modify, and",
	"Mozilla Public License",
}

// restrictive are words of licences that may not.
var restrictive = [...]string{"GNU GENERAL PUBLIC", "GNU AFFERO", "Business Source", "Server Side Public"}

// Licence checks one module's directory.
func Licence(module, dir string) (finding string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Sprintf("%s: %v", module, err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return fmt.Sprintf("%s: %v", module, err)
		}
		if licence := contains(string(text), restrictive[:]); licence != "" {
			return fmt.Sprintf("%s: its licence says %q; use another module", module, licence)
		}
		if contains(string(text), permissive[:]) != "" {
			return ""
		}
	}
	return fmt.Sprintf("%s: no licence that is known to be permissive in %s", module, dir)
}

func contains(text string, phrases []string) string {
	words := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, p := range phrases {
		if strings.Contains(words, strings.ToLower(p)) {
			return p
		}
	}
	return ""
}
