package query

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws"
)

// MaxParameters, MaxDepth and maxNodes bound a form: how many parameters it may
// have, how many dots their names, and how many different parts all names together.
const (
	MaxParameters = 100_000
	MaxDepth      = 32
	maxNodes      = 250_000
)

// Form is a parsed form: parameters by the parts of their dotted names.
type Form struct {
	root  node
	nodes int
}

type node struct {
	value    string
	set      bool // a parameter ends here
	children map[string]*node
	// order keeps the children in the order in which they came.
	order []string
}

// Parse reads forms in URL encoding: the query of the URL and the body. Of a
// parameter that comes twice the first counts.
func Parse(encoded ...string) (*Form, error) {
	f := &Form{}
	count := 0
	for _, s := range encoded {
		for part := range strings.SplitSeq(s, "&") {
			if part == "" {
				continue
			}
			if count++; count > MaxParameters {
				return nil, aws.Errorf(aws.SerializationException, "The request has more than %d parameters.", MaxParameters)
			}
			name, value, _ := strings.Cut(part, "=")
			n, err1 := url.QueryUnescape(name)
			v, err2 := url.QueryUnescape(value)
			if err1 != nil || err2 != nil {
				return nil, aws.Errorf(aws.SerializationException, "The parameter '%s' is not properly URL-encoded.", clip(name))
			}
			if !utf8.ValidString(n) || !utf8.ValidString(v) {
				return nil, aws.Errorf(aws.SerializationException, "The parameter '%s' is not valid UTF-8.", clip(name))
			}
			if err := f.add(n, v); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func clip(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func (f *Form) add(name, value string) error {
	if strings.Count(name, ".") > MaxDepth {
		return aws.Errorf(aws.SerializationException, "The parameter '%s' is nested deeper than %d levels.", clip(name), MaxDepth)
	}
	n := &f.root
	for part := range strings.SplitSeq(name, ".") {
		child := n.children[part]
		if child == nil {
			if f.nodes++; f.nodes > maxNodes {
				return aws.Errorf(aws.SerializationException, "The parameters of the request have more than %d parts.", maxNodes)
			}
			child = &node{}
			if n.children == nil {
				n.children = map[string]*node{}
			}
			n.children[part] = child
			n.order = append(n.order, part)
		}
		n = child
	}
	if !n.set {
		n.value, n.set = value, true
	}
	return nil
}

// Get is the value of a parameter without dots, "" when it is absent.
func (f *Form) Get(name string) string {
	if n := f.root.children[name]; n != nil {
		return n.value
	}
	return ""
}
