package store

import (
	"database/sql"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// checkText refuses arguments that are texts with a NUL character, on both
// databases: PostgreSQL's columns take none. Statements carry whatever users may
// name, tag or search, so this one place holds for every operation; it is a
// ValidationException, because only users can have sent such a text. JSON, as in
// Row.Body, spells the character otherwise and keeps it.
func checkText(args []any) error {
	for _, arg := range args {
		text, ok := arg.(string)
		if p, pointer := arg.(*string); pointer && p != nil {
			text, ok = *p, true
		}
		if ok && strings.IndexByte(text, 0) >= 0 {
			return aws.Invalid("The text %q has a NUL character (U+0000), which cannot be a part of a name, a tag or a filter. Leave it out.", shorten(text))
		}
	}
	return nil
}

// shorten is the beginning of a text, as long as messages may show.
func shorten(text string) string {
	const most = 100
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// OneRow is the answer of QueryRow.
type OneRow struct {
	row *sql.Row
	err error
}

// Scan reads the row's columns; sql.ErrNoRows when there was none.
func (r OneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}
