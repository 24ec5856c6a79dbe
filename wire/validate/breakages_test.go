package validate_test

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/validate/javare"
)

// within is what a list's message starts with when the broken constraint is not
// the first of its element's.
func within(text string, s *schema.Shape, kind string) string {
	if kind == "enum" || kind == "max length" || kind == "max value" || !s.HasMax && kind != "pattern" {
		return text
	}
	return ""
}

// wording is the text of one constraint.
func wording(s *schema.Shape, kind string) string {
	switch kind {
	case "enum":
		return "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"
	case "max length":
		return fmt.Sprintf("Member must have length less than or equal to %d", int(s.Max))
	case "min length":
		return fmt.Sprintf("Member must have length greater than or equal to %d", int(s.Min))
	case "max value":
		return "Member must have value less than or equal to " + strconv.FormatFloat(s.Max, 'f', -1, 64)
	case "min value":
		return "Member must have value greater than or equal to " + strconv.FormatFloat(s.Min, 'f', -1, 64)
	}
	return "Member must satisfy regular expression pattern: " + s.Pattern
}

// breakages are values that break one constraint of s each.
func breakages(s *schema.Shape, v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	put := func(kind string, x any) { out[kind] = reflect.ValueOf(x).Convert(v.Type()) }
	switch s.Kind {
	case schema.Enum:
		put("enum", "No Such Value")
	case schema.String:
		if s.HasMax && s.Max < 1e5 {
			put("max length", strings.Repeat("x", int(s.Max)+1))
		}
		if s.HasMin && s.Min > 0 {
			put("min length", "")
		}
		for _, text := range []string{"\u2028", " :!?*ü\n", "", "x\ny"} {
			if s.Pattern != "" && !matches(s, text) {
				put("pattern", text)
				break
			}
		}
	case schema.Integer, schema.Long, schema.Float, schema.Double:
		whole := s.Kind == schema.Integer || s.Kind == schema.Long
		if s.HasMax && (!whole || s.Max < math.MaxInt32) {
			put("max value", s.Max+1)
		}
		if s.HasMin {
			put("min value", s.Min-1)
		}
	}
	return out
}

// compiled holds the patterns that matches was asked about.
var compiled sync.Map // string → func(string) bool

func matches(s *schema.Shape, text string) bool {
	match, ok := compiled.Load(s.Pattern)
	if !ok {
		made, err := javare.Compile(s.Pattern)
		if err != nil {
			panic(err)
		}
		match, _ = compiled.LoadOrStore(s.Pattern, made)
	}
	return match.(func(string) bool)(text)
}
