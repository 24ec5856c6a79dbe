package monitoring

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// point is one value of a time series.
type point struct {
	at    int64
	value float64
}

// operand is what an expression works on: a series in order of time, or a
// number.
type operand struct {
	series []point
	scalar bool
	number float64
}

// lookup gives the series that an id stands for.
type lookup func(id string) ([]point, error)

// expression is parsed metric math: + - * / ^ with their usual strength,
// parentheses, numbers and ids.
type expression func(lookup) (operand, error)

// parseExpression reads text, or says what of it is not supported.
func parseExpression(text string) (expression, error) {
	p := &parser{text: text}
	e, err := p.sum()
	if err == nil && p.peek() != 0 {
		err = p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// parser is a recursive descent over the bytes of an expression.
type parser struct {
	text  string
	pos   int
	depth int
}

// maxDepth bounds nesting, and with it the stack.
const maxDepth = 100

// peek is the next byte that is no space, 0 at the end.
func (p *parser) peek() byte {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// unexpected says where the text stops being an expression.
func (p *parser) unexpected() error {
	if p.peek() == 0 {
		return fmt.Errorf("it ends where a value should follow")
	}
	return fmt.Errorf("%q at position %d was not expected", p.text[p.pos], p.pos+1)
}

// sum is product { (+|-) product }.
func (p *parser) sum() (expression, error) { return p.chain("+-", p.product) }

// product is sign { (*|/) sign }.
func (p *parser) product() (expression, error) { return p.chain("*/", p.sign) }

// chain reads operands joined by operators of one strength, from the left.
func (p *parser) chain(operators string, operand func() (expression, error)) (expression, error) {
	left, err := operand()
	for err == nil && p.peek() != 0 && strings.IndexByte(operators, p.peek()) >= 0 {
		op := p.text[p.pos]
		p.pos++
		var right expression
		if right, err = operand(); err == nil {
			left = binary(op, left, right)
		}
	}
	return left, err
}

// sign is -sign or power.
func (p *parser) sign() (expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("it nests more than %d levels deep", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.peek() != '-' {
		return p.power()
	}
	p.pos++
	e, err := p.sign()
	if err != nil {
		return nil, err
	}
	return binary('-', constant(0), e), nil
}

// power is value [ ^ sign ].
func (p *parser) power() (expression, error) {
	base, err := p.value()
	if err != nil || p.peek() != '^' {
		return base, err
	}
	p.pos++
	exp, err := p.sign()
	if err != nil {
		return nil, err
	}
	return binary('^', base, exp), nil
}

// value is a number, an id or an expression in parentheses.
func (p *parser) value() (expression, error) {
	switch c := p.peek(); {
	case c == '(':
		p.pos++
		e, err := p.sum()
		if err == nil && p.peek() != ')' {
			err = p.unexpected()
		}
		p.pos++
		return e, err
	case c >= '0' && c <= '9' || c == '.':
		word := p.word("0123456789.")
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", word)
		}
		return constant(v), nil
	case c >= 'a' && c <= 'z':
		return reference(p.word(wordBytes)), nil
	case c >= 'A' && c <= 'Z':
		return nil, fmt.Errorf("the function %s is not supported; numbers, ids, + - * / ^ and parentheses are", p.word(wordBytes))
	}
	return nil, p.unexpected()
}

const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// word reads bytes of a set.
func (p *parser) word(set string) string {
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte(set, p.text[p.pos]) >= 0 {
		p.pos++
	}
	return p.text[start:p.pos]
}

// constant is a number.
func constant(v float64) expression {
	return func(lookup) (operand, error) { return operand{scalar: true, number: v}, nil }
}

// reference is another query's series.
func reference(id string) expression {
	return func(find lookup) (operand, error) {
		s, err := find(id)
		return operand{series: s}, err
	}
}

// binary joins two operands. Series are joined where both have a point; a point
// without a finite result is left out.
func binary(op byte, left, right expression) expression {
	return func(find lookup) (operand, error) {
		a, err := left(find)
		if err != nil {
			return operand{}, err
		}
		b, err := right(find)
		if err != nil {
			return operand{}, err
		}
		if a.scalar && b.scalar {
			return operand{scalar: true, number: apply(op, a.number, b.number)}, nil
		}
		times, other := a.series, make(map[int64]float64, len(b.series))
		for _, p := range b.series {
			other[p.at] = p.value
		}
		if a.scalar {
			times = b.series
		}
		out := operand{series: make([]point, 0, len(times))}
		for _, p := range times {
			x, y, ok := p.value, b.number, true
			if a.scalar {
				x = a.number
			}
			if !b.scalar {
				y, ok = other[p.at]
			}
			if v := apply(op, x, y); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
				out.series = append(out.series, point{p.at, v})
			}
		}
		return out, nil
	}
}

// apply is one operation on two numbers.
func apply(op byte, x, y float64) float64 {
	switch op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	case '/':
		return x / y
	}
	return math.Pow(x, y)
}
