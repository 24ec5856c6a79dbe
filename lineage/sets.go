package lineage

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/store"
)

// Statements on sets of vertices take the numbers as one argument and answer
// them as one value, because a hundred thousand rows through a driver cost more
// than finding them.

// member is the SQL of the rows of a set in argument $n.
func member(tx *store.Tx, n int) string {
	if tx.Dialect() == "postgres" {
		return fmt.Sprintf("(SELECT unnest($%d::text::bigint[]))", n)
	}
	return fmt.Sprintf("(SELECT value FROM json_each($%d))", n)
}

// argument is a set as the argument of member.
func argument(tx *store.Tx, ids []int64) string {
	open, end := byte('['), byte(']')
	if tx.Dialect() == "postgres" {
		open, end = '{', '}'
	}
	b := make([]byte, 0, 2+8*len(ids))
	b = append(b, open)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, end))
}

// joined is the SQL that answers all values of a bigint column as one text.
func joined(tx *store.Tx, column string) string {
	if tx.Dialect() == "postgres" {
		return "coalesce(string_agg(" + column + "::text, ','), '')"
	}
	return "coalesce(group_concat(" + column + "), '')"
}

// split adds the numbers of such a text to ids.
func split(ids []int64, text string) ([]int64, error) {
	for len(text) > 0 {
		var word string
		word, text, _ = strings.Cut(text, ",")
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("lineage: %q is no vertex: %w", word, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
