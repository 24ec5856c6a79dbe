package search

import (
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// The limits of an expression (Search-3).
const (
	// MaxElements is how many elements one expression holds.
	MaxElements = 20
	// MaxTotal is how many there are altogether, those of its sub-expressions
	// and nested filters included.
	MaxTotal = 50
)

// Query is a compiled SearchExpression. It may be used by many at once.
type Query struct{ root *group }

// group is one expression: all or any of its parts.
type group struct {
	any     bool
	filters []*filter
	nested  []*nested
	groups  []*group
}

// nested is a NestedFilters: one element of list satisfies all filters.
type nested struct {
	list    property
	filters []*filter
}

// Compile checks an expression against the properties of the type and makes a
// Query of it; nil selects everything (Search-2). Errors are ValidationExceptions.
func Compile(t *Type, in *sagemaker.SearchExpression) (*Query, error) {
	if in == nil {
		return &Query{root: &group{}}, nil
	}
	c := compiler{typ: t}
	root, err := c.group(in)
	if err != nil {
		return nil, err
	}
	return &Query{root: root}, nil
}

// compiler counts while it compiles.
type compiler struct {
	typ             *Type
	total, contains int
}

func (c *compiler) group(in *sagemaker.SearchExpression) (*group, error) {
	n := len(in.Filters) + len(in.NestedFilters) + len(in.SubExpressions)
	if n == 0 {
		return nil, aws.Invalid("A SearchExpression needs at least one of Filters, NestedFilters and SubExpressions.")
	}
	if n > MaxElements {
		return nil, aws.Invalid("A SearchExpression has %d elements; it can have %d at most.", n, MaxElements)
	}
	if err := c.count(n); err != nil {
		return nil, err
	}
	g := &group{any: in.Operator == sagemaker.BooleanOperatorOr}
	for _, f := range in.Filters {
		compiled, err := c.filter(f)
		if err != nil {
			return nil, err
		}
		g.filters = append(g.filters, compiled)
	}
	for _, f := range in.NestedFilters {
		compiled, err := c.nested(f)
		if err != nil {
			return nil, err
		}
		g.nested = append(g.nested, compiled)
	}
	for _, e := range in.SubExpressions {
		compiled, err := c.group(e)
		if err != nil {
			return nil, err
		}
		g.groups = append(g.groups, compiled)
	}
	return g, nil
}

// count adds n elements to the total.
func (c *compiler) count(n int) error {
	if c.total += n; c.total > MaxTotal {
		return aws.Invalid("A SearchExpression can have %d filters, nested filters and sub-expressions altogether at most.", MaxTotal)
	}
	return nil
}

func (c *compiler) filter(in *sagemaker.Filter) (*filter, error) {
	f, err := c.typ.compileFilter(in)
	if err == nil && f.op == sagemaker.OperatorContains && !c.typ.unlimited(f.name) {
		if c.contains++; c.contains > 1 {
			return nil, aws.Invalid("'CONTAINS' operator usage limit of 1 exceeded.")
		}
	}
	return f, err
}

// unlimited says whether Contains may be used any number of times on the
// property (Search-14; features are exempt as well, their guide shows it).
func (t *Type) unlimited(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	var exempt []string
	switch t.Name {
	case "Experiment":
		exempt = []string{"DisplayName", "ExperimentName", "Tags"}
	case "Trial":
		exempt = []string{"DisplayName", "TrialName", "Tags"}
	case "TrialComponent":
		exempt = []string{"DisplayName", "TrialComponentName", "Tags", "InputArtifacts", "OutputArtifacts"}
	case "FeatureMetadata":
		return true
	}
	return slices.Contains(exempt, first)
}

// nested checks a NestedFilters (Search-13).
func (c *compiler) nested(in *sagemaker.NestedFilters) (*nested, error) {
	name := aws.Val(in.NestedPropertyName)
	list, err := c.typ.property(name)
	if err != nil {
		return nil, err
	}
	if !list.list {
		return nil, aws.Invalid("NestedPropertyName %q is not a list of objects.", name)
	}
	if len(in.Filters) == 0 {
		return nil, aws.Invalid("The nested filter on %q needs at least one filter.", name)
	}
	if err := c.count(len(in.Filters)); err != nil {
		return nil, err
	}
	n := &nested{list: list}
	for _, f := range in.Filters {
		compiled, err := c.filter(f)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(compiled.name, list.name+".") {
			return nil, aws.Invalid("The filter on %q is inside a nested filter on %q, so its name has to begin with that property's.", aws.Val(f.Name), name)
		}
		if compiled.collective() {
			return nil, aws.Invalid("The property %q has many values in one element. Inside a nested filter, name one of its keys.", aws.Val(f.Name))
		}
		n.filters = append(n.filters, compiled)
	}
	return n, nil
}
