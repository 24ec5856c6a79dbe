package rules

import (
	"go/scanner"
	"go/token"
)

// Lines counts the lines of Go source that hold code: neither comments nor blank.
func Lines(source []byte) int {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0) // comments are passed over
	lines, last := 0, 0
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue // what the end of a line means
		}
		begin := file.Line(pos)
		end := begin
		if tok == token.STRING {
			end = file.Line(pos + token.Pos(len(text)-1))
		}
		lines += end - max(begin-1, last)
		last = end
	}
}
