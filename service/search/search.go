package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/store"
)

// defaultPage is the page size when MaxResults is absent.
const defaultPage = 10

// Search finds resources by an expression over their properties. It sees every
// write that was acknowledged before it (Search-20). A page begins behind the last
// record of the one before, so what changes meanwhile neither repeats nor hides
// what does not.
func (s *Service) Search(ctx context.Context, in *sagemaker.SearchInput) (*sagemaker.SearchOutput, error) {
	out := &sagemaker.SearchOutput{Results: []*sagemaker.SearchRecord{}}
	typ := s.Index.Type(in.Resource)
	if typ == nil {
		return out, nil // images and their versions have no record (Search-1)
	}
	var r index.Request
	var err error
	if r.Query, err = search.Compile(typ, in.SearchExpression); err != nil {
		return nil, err
	}
	if r.Order, err = search.NewOrder(typ, aws.Val(in.SortBy), in.SortOrder != sagemaker.SearchSortOrderAscending); err != nil {
		return nil, err
	}
	r.Limit = defaultPage
	if in.MaxResults != nil {
		r.Limit = int(*in.MaxResults)
	}
	scope := aws.ScopeFrom(ctx)
	filters, err := fingerprint(in)
	if err != nil {
		return nil, err
	}
	if in.NextToken != nil {
		var p position
		if err := s.Tokens.Open(*in.NextToken, &p, scope, "Search", filters); err != nil {
			return nil, err
		}
		r.After = p.position()
	}
	if in.CrossAccountFilterOption == sagemaker.CrossAccountFilterOptionCrossAccount {
		return out, nil // nobody can make resources discoverable here (Search-17)
	}
	var page *index.Page
	err = s.DB.View(ctx, func(tx *store.Tx) (err error) {
		page, err = s.Index.Search(tx, in.Resource, scope, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Results = append(out.Results, page.Records...)
	if page.Next != nil {
		token, err := s.Tokens.Seal(positionOf(page.Next), scope, "Search", filters)
		if err != nil {
			return nil, err
		}
		out.NextToken = &token
	}
	return out, nil
}

// fingerprint is what must be the same for a token to be good: everything but the
// place and the size of the page (Gen-5).
func fingerprint(in *sagemaker.SearchInput) (string, error) {
	filters := *in
	filters.NextToken, filters.MaxResults = nil, nil
	text, err := json.Marshal(filters)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// position is index.Position in a token; numbers are kept as their bits, because
// JSON has no infinities.
type position struct {
	Class uint8  `json:"c,omitempty"`
	Bits  uint64 `json:"b,omitempty"`
	Text  string `json:"t,omitempty"`
	Name  string `json:"n"`
}

func positionOf(p *index.Position) position {
	return position{p.Key.Class, math.Float64bits(p.Key.Num), p.Key.Text, p.Name}
}

func (p position) position() *index.Position {
	return &index.Position{Key: search.Key{Class: p.Class, Num: math.Float64frombits(p.Bits), Text: p.Text}, Name: p.Name}
}
