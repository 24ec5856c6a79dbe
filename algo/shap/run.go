package shap

import (
	"fmt"
	"math"
)

// certain is how near to 0 and 1 probabilities are taken before the logit, which is
// infinite there.
const certain = 1e-15

// Options say how a record is explained.
type Options struct {
	// Samples is NumberOfSamples, 0 for the default (Samples).
	Samples int
	// Seed is what coalitions are drawn with: the same one, the same answers.
	Seed uint64
	// Logit explains the log-odds of the outputs, which are probabilities then.
	Logit bool
}

// Run is the explanation of one record while it is under way. The zero value is of
// no use.
type Run struct {
	options   Options
	baselines int
	all       int   // players
	player    []int // of each one that varies, its number among all
	plan      *plan
	index     []int       // the reverse of player, -1 for one that does not vary
	sums      [][]float64 // what none and then each coalition is worth, over the baselines
	answered  []bool
}

// Query is one row that the model is asked about.
type Query struct {
	// Baseline is the row of the baseline that absent players have their values of.
	Baseline int
	members  set
	index    []int
}

// Present says whether a player has the record's value.
func (q Query) Present(player int) bool {
	i := q.index[player]
	return i >= 0 && q.members.has(i)
}

// Begin starts the explanation of a record. varies says of each player whether its
// value is another than in some row of the baseline: one that does not gets 0, and
// nothing is asked about it. baselines is the number of rows of the baseline.
func Begin(o Options, varies []bool, baselines int) (*Run, error) {
	r := &Run{options: o, baselines: baselines, all: len(varies), index: make([]int, len(varies))}
	for i, v := range varies {
		r.index[i] = -1
		if v {
			r.index[i] = len(r.player)
			r.player = append(r.player, i)
		}
	}
	f := len(r.player)
	switch {
	case f > MaxPlayers:
		return nil, fmt.Errorf("it has %d features (units of a text count as one each), and at most %d can be explained together", f, MaxPlayers)
	case baselines < 1:
		return nil, fmt.Errorf("the baseline has no rows")
	}
	r.plan = newPlan(f, Samples(o.Samples, f), o.Seed)
	if f > 0 {
		r.sums = make([][]float64, 1+len(r.plan.coalitions))
		r.answered = make([]bool, r.Len())
	}
	return r, nil
}

// Len is the number of queries: one for each coalition, and for none, with each row
// of the baseline.
func (r *Run) Len() int { return len(r.sums) * r.baselines }

// Exact says that all coalitions are asked about.
func (r *Run) Exact() bool { return r.plan.complete }

// Query is the i-th row to ask about. They can be asked in any order.
func (r *Run) Query(i int) Query {
	q := Query{Baseline: i % r.baselines, index: r.index}
	if c := i / r.baselines; c > 0 {
		q.members = r.plan.coalitions[c-1].members
	} else {
		q.members = newSet(r.plan.players)
	}
	return q
}

// Answer takes what the model answers to the i-th query: a number for each output.
func (r *Run) Answer(i int, outputs []float64) error {
	c := i / r.baselines
	switch {
	case r.answered[i]:
		return fmt.Errorf("query %d was answered before", i)
	case r.sums[c] == nil:
		r.sums[c] = make([]float64, len(outputs))
	case len(r.sums[c]) != len(outputs):
		return fmt.Errorf("the model answers %d values to one row and %d to another", len(r.sums[c]), len(outputs))
	}
	for k, y := range outputs {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return fmt.Errorf("the model answers %v, which is no finite number", y)
		}
		r.sums[c][k] += y / float64(r.baselines)
	}
	r.answered[i] = true
	return nil
}

// Explanation is what a record's features do.
type Explanation struct {
	// Base is what the model says of the baseline, in each output; after the logit
	// when there is one.
	Base []float64
	// Values are the Shapley values, [player][output]. With Base they add up to
	// what the model says of the record.
	Values [][]float64
}

// Finish computes the explanation when all queries are answered. full is what the
// model says of the record itself.
func (r *Run) Finish(full []float64) (*Explanation, error) {
	for i, a := range r.answered {
		if !a {
			return nil, fmt.Errorf("query %d has no answer", i)
		}
	}
	full, err := r.link(full)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Base: full, Values: make([][]float64, r.all)}
	for i := range e.Values {
		e.Values[i] = make([]float64, len(full))
	}
	if len(r.player) == 0 {
		return e, nil
	}
	worth := make([][]float64, len(r.sums))
	for c, sum := range r.sums {
		if len(sum) != len(full) {
			return nil, fmt.Errorf("the model answers %d values to one row and %d to another", len(full), len(sum))
		}
		if worth[c], err = r.link(sum); err != nil {
			return nil, err
		}
	}
	e.Base = worth[0]
	values, err := r.plan.solve(worth[0], full, worth[1:])
	if err != nil {
		return nil, err
	}
	for i, player := range r.player {
		e.Values[player] = values[i]
	}
	return e, nil
}

// link is what is explained of outputs.
func (r *Run) link(outputs []float64) ([]float64, error) {
	linked := make([]float64, len(outputs))
	for k, y := range outputs {
		switch {
		case math.IsNaN(y) || math.IsInf(y, 0):
			return nil, fmt.Errorf("the model answers %v, which is no finite number", y)
		case !r.options.Logit:
			linked[k] = y
		case y < 0 || y > 1:
			return nil, fmt.Errorf("the model answers %v, which is no probability, and UseLogit explains the log-odds of probabilities", y)
		default:
			y = min(max(y, certain), 1-certain)
			linked[k] = math.Log(y / (1 - y))
		}
	}
	return linked, nil
}
