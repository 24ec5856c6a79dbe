package main

import (
	"fmt"
	"strconv"
	"strings"
)

// writeSchema writes every shape as a package variable that the compiler lays
// out in the data segment, so that it costs nothing at start.
//
// Go refuses package variables that refer to themselves through their
// initialisers, even by address, so the few references that close a cycle
// (recursive shapes) are set by the function tieKnots when the package starts.
func (g *generator) writeSchema(w *strings.Builder) error {
	fmt.Fprintf(w, "package %s\n\nimport \"github.com/sagebrush/sagebrush/aws/schema\"\n\n", g.service.id)
	w.WriteString("var (\n")
	var knots []string
	for _, name := range g.shapes {
		knots = append(knots, g.writeShape(w, name)...)
	}
	w.WriteString(")\n\n")
	if len(knots) > 0 {
		w.WriteString("var _ = tieKnots()\n\n")
		w.WriteString("// tieKnots sets the references that make shapes recursive.\nfunc tieKnots() struct{} {\n")
		w.WriteString(strings.Join(knots, "\n"))
		w.WriteString("\nreturn struct{}{}\n}\n")
	}
	return nil
}

// kinds maps the model's types to schema kinds.
var kinds = map[string]string{
	"structure": "Structure", "list": "List", "map": "Map", "string": "String", "character": "String",
	"integer": "Integer", "long": "Long", "float": "Float", "double": "Double",
	"boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob",
}

// writeShape writes one shape and returns the statements that complete it.
func (g *generator) writeShape(w *strings.Builder, name string) (knots []string) {
	sh := g.model.Shapes[name]
	v := shapeVar(name)
	kind := kinds[sh.Type]
	switch {
	case sh.Union:
		kind = "Union"
	case sh.EventStream:
		kind = "EventStream"
	case len(sh.Enum) > 0:
		kind = "Enum"
	}
	fmt.Fprintf(w, "%s = schema.Shape{Name: %q, Kind: schema.%s", v, name, kind)
	refer := func(field string, r *ref, target string) {
		if r == nil {
			return
		}
		if g.back[[2]string{name, r.Shape}] {
			knots = append(knots, fmt.Sprintf("%s.%s = &%s", v, target, shapeVar(r.Shape)))
			return
		}
		fmt.Fprintf(w, ", %s: &%s", field, shapeVar(r.Shape))
	}
	text := func(field, s string) {
		if s != "" {
			fmt.Fprintf(w, ", %s: %s", field, strconv.Quote(s))
		}
	}
	flag := func(field string, b bool) {
		if b {
			fmt.Fprintf(w, ", %s: true", field)
		}
	}
	bound := func(field string, f *float64) {
		if f != nil {
			fmt.Fprintf(w, ", %s: %s, Has%s: true", field, strconv.FormatFloat(*f, 'f', -1, 64), field)
		}
	}
	elem := sh.Member
	if sh.Type == "map" {
		elem = sh.Value
	}
	refer("Elem", elem, "Elem")
	refer("Key", sh.Key, "Key")
	if elem != nil {
		text("ElemName", elem.LocationName)
	}
	if sh.Key != nil {
		text("KeyName", sh.Key.LocationName)
	}
	flag("Flattened", sh.Flattened)
	text("Pattern", sh.Pattern)
	bound("Min", sh.Min)
	bound("Max", sh.Max)
	flag("Sensitive", sh.Sensitive)
	text("TimestampFormat", sh.TimestampFormat)
	if len(sh.Enum) > 0 {
		fmt.Fprintf(w, ", Enum: []string{")
		for _, e := range sh.Enum {
			fmt.Fprintf(w, "%q,", e)
		}
		w.WriteString("}")
	}
	if sh.Exception {
		code, status := name, 0
		if sh.Error != nil {
			status = sh.Error.HTTPStatusCode
			if sh.Error.Code != "" {
				code = sh.Error.Code
			}
		}
		fmt.Fprintf(w, ", Error: &schema.ErrorTrait{Code: %q, Status: %d, Fault: %t}", code, status, sh.Fault)
	}
	if len(sh.Members) > 0 {
		w.WriteString(", Members: []schema.Member{\n")
		required := map[string]bool{}
		for _, r := range sh.Required {
			required[r] = true
		}
		for i, m := range sh.Members {
			fmt.Fprintf(w, "{Name: %q", m.name)
			refer("Shape", &m.ref, fmt.Sprintf("Members[%d].Shape", i))
			text("LocationName", m.LocationName)
			text("Location", m.Location)
			flag("Required", required[m.name])
			fmt.Fprintf(w, ", Field: %d", i)
			flag("IdempotencyToken", m.IdempotencyToken)
			flag("Deprecated", m.Deprecated)
			flag("JSONValue", m.JSONValue)
			flag("EventPayload", m.EventPayload)
			text("TimestampFormat", m.TimestampFormat)
			w.WriteString("},\n")
		}
		w.WriteString("}")
	}
	w.WriteString("}\n")
	return knots
}
