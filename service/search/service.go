// Package search is Search and GetSearchSuggestions, for every kind of resource
// that hands in a kit.Searchable; the others answer that there are none.
//
// Rules: Search-1 … Search-20, Sugg-1 … Sugg-3, Gen-5.
package search

import (
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/kit"
)

// Service implements the search operations.
type Service struct {
	kit.Base
	Index *index.Index
}
