package codec

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// setFromText stores the text of a header or parameter in a member's field.
func setFromText(v reflect.Value, m *schema.Member, text string) error {
	p, field, err := fieldOf(v, m)
	if err != nil {
		return err
	}
	return parseText(p, m, field, text)
}

func parseText(p *plan, m *schema.Member, field reflect.Value, text string) error {
	var err error
	switch p.kind {
	case schema.String:
		if m.JSONValue && m.Location == "header" {
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return badParameter(m, text)
			}
			text = string(decoded)
		}
		setText(p, field, text)
	case schema.Enum:
		setText(p, field, text)
	case schema.Boolean:
		switch strings.ToLower(text) {
		case "true":
			settle(p, field, true)
		case "false":
			settle(p, field, false)
		default:
			return badParameter(m, text)
		}
	case schema.Integer, schema.Long:
		bits := 64
		if p.kind == schema.Integer {
			bits = 32
		}
		var n int64
		if n, err = strconv.ParseInt(text, 10, bits); err != nil {
			return badParameter(m, text)
		}
		if p.kind == schema.Integer {
			settle(p, field, int32(n))
		} else {
			settle(p, field, n)
		}
	case schema.Float, schema.Double:
		bits := 64
		if p.kind == schema.Float {
			bits = 32
		}
		var f float64
		if f, err = strconv.ParseFloat(text, bits); err != nil || strings.ContainsAny(text, "xX_") {
			return badParameter(m, text)
		}
		if p.kind == schema.Float {
			settle(p, field, float32(f))
		} else {
			settle(p, field, f)
		}
	case schema.Timestamp:
		t, ok := ParseTime(text)
		if !ok {
			return badParameter(m, text)
		}
		settle(p, field, t)
	case schema.Blob:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return badParameter(m, text)
		}
		field.SetBytes(b)
	default:
		return fmt.Errorf("codec: member %s can be no header or parameter", m.Name)
	}
	return nil
}

// setFromTexts stores a parameter that may come several times.
func setFromTexts(v reflect.Value, m *schema.Member, texts []string) error {
	if m.Shape.Kind != schema.List {
		return setFromText(v, m, texts[len(texts)-1])
	}
	p, field, err := fieldOf(v, m)
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(p.typ, len(texts), len(texts))
	for i, text := range texts {
		if err := parseText(p.elem, m, list.Index(i), text); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}

// textOf is the text of a member for a header or parameter; ok is false when it
// is absent.
func textOf(v reflect.Value, m *schema.Member, defaultTime string) (text string, ok bool, err error) {
	p, field, err := fieldOf(v, m)
	if err != nil || absent(p, field) {
		return "", false, err
	}
	text, err = formatText(p, m, field, defaultTime)
	return text, true, err
}

func formatText(p *plan, m *schema.Member, field reflect.Value, defaultTime string) (string, error) {
	if p.ptr {
		field = field.Elem()
	}
	switch p.kind {
	case schema.String:
		if m.JSONValue && m.Location == "header" {
			return base64.StdEncoding.EncodeToString([]byte(field.String())), nil
		}
		return field.String(), nil
	case schema.Enum:
		return enumText(field.String()), nil
	case schema.Boolean:
		return strconv.FormatBool(field.Bool()), nil
	case schema.Integer, schema.Long:
		return strconv.FormatInt(field.Int(), 10), nil
	case schema.Float:
		return strings.Trim(string(appendFloat(nil, field.Float(), 32)), `"`), nil
	case schema.Double:
		return strings.Trim(string(appendFloat(nil, field.Float(), 64)), `"`), nil
	case schema.Timestamp:
		format := p.format
		if format == "" {
			format = defaultTime
		}
		return formatTime(field.Interface().(time.Time), format), nil
	case schema.Blob:
		return base64.StdEncoding.EncodeToString(field.Bytes()), nil
	}
	return "", fmt.Errorf("codec: member %s can be no header or parameter", m.Name)
}

// textsOf is textOf for parameters that may come several times.
func textsOf(v reflect.Value, m *schema.Member, defaultTime string) ([]string, error) {
	if m.Shape.Kind != schema.List {
		text, ok, err := textOf(v, m, defaultTime)
		if !ok || err != nil {
			return nil, err
		}
		return []string{text}, nil
	}
	p, field, err := fieldOf(v, m)
	if err != nil {
		return nil, err
	}
	var texts []string
	for i := range field.Len() {
		text, err := formatText(p.elem, m, field.Index(i), defaultTime)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}
