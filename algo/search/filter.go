package search

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// filter is a compiled Filter.
type filter struct {
	property
	op   sagemaker.Operator
	text string
	// any are the alternatives of In.
	any []string
	// num is the value as a number, NaN when it is none.
	num float64
	// whole says that num has no fraction: then hyperparameters are cut to
	// integers (Search-12) and times compared by whole seconds.
	whole bool
}

// compileFilter checks one filter: name, operator, value and whether they go
// together (Search-5 … Search-7).
func (t *Type) compileFilter(in *sagemaker.Filter) (*filter, error) {
	p, err := t.property(aws.Val(in.Name))
	if err != nil {
		return nil, err
	}
	f := &filter{property: p, op: in.Operator, text: aws.Val(in.Value), num: math.NaN()}
	switch f.op {
	case sagemaker.OperatorExists, sagemaker.OperatorNotExists:
		return f, nil
	case "":
		f.op = sagemaker.OperatorEquals
	}
	if in.Value == nil {
		return nil, aws.Invalid("The filter on %q has no Value. Only the operators Exists and NotExists go without one.", *in.Name)
	}
	if !f.suits() {
		return nil, aws.Invalid("The operator %s cannot be used with the property %q, which is %s.", f.op, *in.Name, p.typ.what())
	}
	if f.op == sagemaker.OperatorIn {
		for alternative := range strings.SplitSeq(f.text, ",") {
			f.any = append(f.any, strings.TrimSpace(alternative))
		}
	}
	return f, f.parse(*in.Name)
}

// suits says whether the operator goes with the property's type (Search-7).
func (f *filter) suits() bool {
	switch f.op {
	case sagemaker.OperatorIn, sagemaker.OperatorContains:
		return f.typ == textValue || f.typ == numericText || f.typ == eitherValue || f.typ == anyText
	case sagemaker.OperatorEquals, sagemaker.OperatorNotEquals:
		return f.typ != presence
	}
	return f.typ == numberValue || f.typ == float32Value || f.typ == timeValue || f.typ == numericText || f.typ == eitherValue
}

// parse reads the value as what the property is (Search-6).
func (f *filter) parse(name string) error {
	ok := true
	switch f.typ {
	case numberValue:
		f.num, _ = parseNumber(f.text)
		ok = !math.IsNaN(f.num)
	case float32Value:
		f.num, _ = parseNumber(f.text)
		ok = !math.IsNaN(f.num)
		f.num = float64(float32(f.num))
	case numericText:
		f.num, f.whole = parseNumber(f.text)
		ok = !math.IsNaN(f.num) || !f.ordering()
	case eitherValue:
		f.num, _ = parseNumber(f.text)
		ok = !math.IsNaN(f.num) || !f.ordering()
	case boolValue:
		var b bool
		var err error
		if b, err = strconv.ParseBool(strings.ToLower(f.text)); err != nil || len(f.text) < 4 {
			return aws.Invalid("The Value %q of the filter on %q is neither true nor false.", f.text, name)
		}
		f.num = 0
		if b {
			f.num = 1
		}
	case timeValue:
		var valid bool
		if f.num, f.whole, valid = parseTime(f.text); !valid {
			return aws.Invalid("The Value %q of the filter on %q is not a time of the form 2023-12-15T08:30:00.", f.text, name)
		}
		f.whole = f.whole && !f.ordering()
	}
	if !ok {
		return aws.Invalid("The Value %q of the filter on %q is not a number.", f.text, name)
	}
	return nil
}

// ordering says that the operator asks for greater or less.
func (f *filter) ordering() bool {
	switch f.op {
	case sagemaker.OperatorGreaterThan, sagemaker.OperatorGreaterThanOrEqualTo, sagemaker.OperatorLessThan, sagemaker.OperatorLessThanOrEqualTo:
		return true
	}
	return false
}

// absent says whether a record without the property satisfies the filter.
func (f *filter) absent() bool {
	return f.op == sagemaker.OperatorNotEquals || f.op == sagemaker.OperatorNotExists
}

// number says whether a number satisfies the filter.
func (f *filter) number(v float64) bool {
	if f.whole && f.typ == numericText {
		v = math.Trunc(v)
	} else if f.whole && f.typ == timeValue {
		v = math.Floor(v/1e6) * 1e6
	}
	switch f.op {
	case sagemaker.OperatorExists:
		return true
	case sagemaker.OperatorEquals:
		return v == f.num
	case sagemaker.OperatorNotEquals:
		return v != f.num // also of a parameter that is a number where Value is none
	case sagemaker.OperatorGreaterThan:
		return v > f.num
	case sagemaker.OperatorGreaterThanOrEqualTo:
		return v >= f.num
	case sagemaker.OperatorLessThan:
		return v < f.num
	case sagemaker.OperatorLessThanOrEqualTo:
		return v <= f.num
	}
	return false
}

// words says whether a text satisfies the filter; n is the text as a number.
func (f *filter) words(s string, n float64) bool {
	switch f.op {
	case sagemaker.OperatorExists:
		return true
	case sagemaker.OperatorIn:
		return slices.Contains(f.any, s)
	case sagemaker.OperatorContains:
		return strings.Contains(s, f.text)
	}
	if f.typ == numericText && !math.IsNaN(n) && !math.IsNaN(f.num) {
		return f.number(n)
	}
	switch f.op {
	case sagemaker.OperatorEquals:
		return s == f.text
	case sagemaker.OperatorNotEquals:
		return s != f.text
	}
	return false
}

// holds says whether one value satisfies the filter.
func (f *filter) holds(v Value) bool {
	switch v.kind {
	case number:
		return f.number(v.Num)
	case text:
		n := math.NaN()
		if f.typ == numericText {
			n, _ = parseNumber(v.Text)
		}
		return f.words(v.Text, n)
	}
	return f.op == sagemaker.OperatorExists
}
