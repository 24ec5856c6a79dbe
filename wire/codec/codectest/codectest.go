// Package codectest makes random values of API shapes for tests: valid ones, in
// the generated Go types, with strings that satisfy their pattern, length and
// enum, numbers in range, unions with one member, NaN, infinities and empty
// lists where the shape allows them.
package codectest

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// Generator makes values; equal seeds make equal values.
type Generator struct {
	*rand.Rand
	// Header restricts strings to what an HTTP header or path can carry.
	Header bool
	// Full sets every optional member down to MaxDepth instead of about half.
	Full bool
}

// New makes a generator.
func New(seed uint64) *Generator {
	return &Generator{Rand: rand.New(rand.NewPCG(seed, seed))}
}

// MaxDepth is where optional members end, so that recursive shapes do.
const MaxDepth = 7

// Fill sets the Go value that into points to, of the given shape, at random.
func (g *Generator) Fill(shape *schema.Shape, into any) {
	g.value(shape, reflect.ValueOf(into).Elem(), 0)
}

func (g *Generator) value(s *schema.Shape, v reflect.Value, depth int) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch s.Kind {
	case schema.Structure:
		for i := range s.Members {
			g.member(&s.Members[i], v, depth)
		}
	case schema.Union:
		m := &s.Members[g.IntN(len(s.Members))]
		g.value(m.Shape, v.Field(m.Field), depth+1)
	case schema.List:
		n := g.size(s, depth)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			g.value(s.Elem, v.Index(i), depth+1)
		}
	case schema.Map:
		v.Set(reflect.MakeMap(v.Type()))
		n := g.size(s, depth)
		for try := 0; v.Len() < n && try < 20; try++ {
			key := reflect.New(v.Type().Key()).Elem()
			g.value(s.Key, key, depth+1)
			value := reflect.New(v.Type().Elem()).Elem()
			g.value(s.Elem, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case schema.EventStream:
	default:
		g.scalar(s, v)
	}
}

func (g *Generator) member(m *schema.Member, v reflect.Value, depth int) {
	// Clients fill in idempotency tokens that are absent; keep them comparable.
	wanted := m.Required || m.IdempotencyToken
	if !wanted && (depth >= MaxDepth || !g.Full && g.IntN(2) == 0) {
		return
	}
	if m.JSONValue {
		text := `{"k":"` + g.letters(1, 8) + `"}`
		v.Field(m.Field).Set(reflect.ValueOf(&text))
		return
	}
	inner := *g
	inner.Header = g.Header || m.Location != ""
	inner.value(m.Shape, v.Field(m.Field), depth+1)
}

// size picks how many items a list or map has.
func (g *Generator) size(s *schema.Shape, depth int) int {
	least, most := 0, 3
	if s.HasMin {
		least = int(s.Min)
	}
	if depth >= MaxDepth {
		return least
	}
	if s.HasMax {
		most = min(most, int(s.Max))
	}
	return least + g.IntN(max(0, most-least)+1)
}

func (g *Generator) scalar(s *schema.Shape, v reflect.Value) {
	switch s.Kind {
	case schema.Enum:
		v.SetString(s.Enum[g.IntN(len(s.Enum))])
	case schema.String:
		v.SetString(g.Text(s))
	case schema.Boolean:
		v.SetBool(g.IntN(2) == 0)
	case schema.Integer, schema.Long:
		v.SetInt(g.integer(s))
	case schema.Float, schema.Double:
		v.SetFloat(g.float(s))
	case schema.Timestamp:
		// Eighths of a second are exact in binary, so that a codec that reads
		// timestamps as floating point has no excuse.
		ms := g.Int64N(4_000_000_000) * 1000
		if !g.Header {
			ms += g.Int64N(8) * 125
		}
		v.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
	case schema.Blob:
		n := g.IntN(40)
		if s.HasMin {
			n += int(s.Min)
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(g.Uint32())
		}
		v.SetBytes(b)
	}
}

func (g *Generator) integer(s *schema.Shape) int64 {
	// aws-sdk-go reads integers as float64: stay within what that holds.
	least, most := int64(-1<<53+1), int64(1<<53-1)
	if s.Kind == schema.Integer {
		least, most = math.MinInt32, math.MaxInt32
	}
	if s.HasMin {
		least = int64(s.Min)
	}
	if s.HasMax {
		most = int64(s.Max)
	}
	switch g.IntN(4) {
	case 0:
		return least
	case 1:
		return most
	}
	return least + g.Int64N(most-least+1)
}

func (g *Generator) float(s *schema.Shape) float64 {
	if !s.HasMin && !s.HasMax {
		switch g.IntN(6) {
		case 0:
			return math.NaN()
		case 1:
			return math.Inf(1)
		case 2:
			return math.Inf(-1)
		}
	}
	least, most := -1e6, 1e6
	if s.HasMin {
		least = s.Min
	}
	if s.HasMax {
		most = s.Max
	}
	f := least + g.Float64()*(most-least)
	if s.Kind == schema.Float {
		f = float64(float32(f))
	}
	return f
}

func (g *Generator) letters(least, most int) string {
	n := least + g.IntN(max(0, most-least)+1)
	return strings.Repeat(string(rune('a'+g.IntN(26))), n)
}
