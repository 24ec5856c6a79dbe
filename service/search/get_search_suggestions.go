package search

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxSuggestions bounds an answer that has no pages (Sugg-3).
const maxSuggestions = 100

// GetSearchSuggestions lists the names of hyperparameters, metrics and tags that
// the caller's resources have, as Search takes them. The hint is what the whole
// name or the part behind the first dot begins with, in any letter case (Sugg-2).
func (s *Service) GetSearchSuggestions(ctx context.Context, in *sagemaker.GetSearchSuggestionsInput) (*sagemaker.GetSearchSuggestionsOutput, error) {
	hint := ""
	if q := in.SuggestionQuery; q != nil && q.PropertyNameQuery != nil {
		hint = strings.ToLower(aws.Val(q.PropertyNameQuery.PropertyNameHint))
	}
	wanted := func(name string) bool {
		prefix, leaf, ok := strings.Cut(strings.ToLower(name), ".")
		return ok && (prefix == "hyperparameters" || prefix == "metrics" || prefix == "tags") &&
			(strings.HasPrefix(leaf, hint) || strings.HasPrefix(prefix+"."+leaf, hint))
	}
	out := &sagemaker.GetSearchSuggestionsOutput{PropertyNameSuggestions: []*sagemaker.PropertyNameSuggestion{}}
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		names, err := s.Index.Properties(tx, in.Resource, aws.ScopeFrom(ctx), wanted, maxSuggestions)
		for _, name := range names {
			out.PropertyNameSuggestions = append(out.PropertyNameSuggestions, &sagemaker.PropertyNameSuggestion{PropertyName: &name})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
