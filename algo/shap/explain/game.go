package explain

import (
	"slices"

	"github.com/sagebrush/sagebrush/algo/shap"
)

// game is one record as players: each feature is one, and of a text each unit.
type game struct {
	*Explainer
	record  record
	players []player
	texts   map[int]textual // by feature
}

// player is what is present or absent in a coalition.
type player struct {
	feature int
	unit    int // of a text
}

// textual is a text taken apart.
type textual struct {
	lead  string
	units []unit
	first int // player
}

func (e *Explainer) game(r record) *game {
	g := &game{Explainer: e, record: r, texts: map[int]textual{}}
	for i, c := range r.cells {
		if !e.isText[i] {
			g.players = append(g.players, player{feature: i})
			continue
		}
		lead, list := units(c.text, e.text.Granularity)
		g.texts[i] = textual{lead, list, len(g.players)}
		for k := range list {
			g.players = append(g.players, player{i, k})
		}
	}
	return g
}

// varies says of each player whether it is another than in some row of the baseline.
func (g *game) varies() []bool {
	varies := make([]bool, len(g.players))
	for i, p := range g.players {
		varies[i] = slices.ContainsFunc(g.baseline, func(b record) bool {
			if g.isText[p.feature] {
				return g.texts[p.feature].units[p.unit].text != b.cells[p.feature].text
			}
			return !g.record.cells[p.feature].same(b.cells[p.feature])
		})
	}
	return varies
}

// row is the synthetic record of a query. A player that does not vary is the same
// there and here, so that it does not matter which.
func (g *game) row(q shap.Query) []cell {
	row := slices.Clone(g.baseline[q.Baseline].cells)
	for i, p := range g.players {
		if !g.isText[p.feature] && q.Present(i) {
			row[p.feature] = g.record.cells[p.feature]
		}
	}
	for i, t := range g.texts {
		row[i] = textCell(assemble(t.lead, t.units, row[i].text, func(k int) bool { return q.Present(t.first + k) }))
	}
	return row
}

// features is the explanation as the client reads it.
func (g *game) features(e *shap.Explanation) []feature {
	list := make([]feature, len(g.record.cells))
	for i := range list {
		list[i].Attributions = []attribution{}
		if len(g.inference.FeatureHeaders) > 0 {
			list[i].Header = g.inference.FeatureHeaders[i]
		}
		if g.text != nil {
			list[i].Type = string(g.types[i])
		}
	}
	for i, p := range g.players {
		a := attribution{Attribution: e.Values[i]}
		if g.isText[p.feature] {
			u := g.texts[p.feature].units[p.unit]
			a.Description = &description{u.text, u.start}
		}
		list[p.feature].Attributions = append(list[p.feature].Attributions, a)
	}
	return list
}

// response is the JSON of an answer, in the words of the developer guide.
type response struct {
	Version      string      `json:"version"`
	Predictions  predictions `json:"predictions"`
	LabelHeaders []string    `json:"label_headers"`
	Explanations struct {
		KernelSHAP [][]feature `json:"kernel_shap,omitempty"`
	} `json:"explanations"`
}

type predictions struct {
	ContentType string `json:"content_type"`
	Data        string `json:"data"`
}

type feature struct {
	Header       string        `json:"feature_header,omitempty"`
	Type         string        `json:"feature_type,omitempty"`
	Attributions []attribution `json:"attributions"`
}

type attribution struct {
	Attribution []float64    `json:"attribution"`
	Description *description `json:"description,omitempty"`
}

type description struct {
	PartialText string `json:"partial_text"`
	Start       int    `json:"start_idx"`
}
