package main

import (
	"fmt"
	"strings"
)

// writeTypes writes a struct for every structure and union.
func (g *generator) writeTypes(w *strings.Builder) error {
	fmt.Fprintf(w, "package %s\n\n", g.service.id)
	body := new(strings.Builder)
	for _, name := range g.ops {
		op := g.model.Operations[name]
		for _, io := range []struct {
			r     *ref
			label string
		}{{op.Input, "Input"}, {op.Output, "Output"}} {
			goName := name + io.label
			sh := &shape{Type: "structure"}
			if io.r != nil {
				sh = g.model.Shapes[io.r.Shape]
			}
			if err := g.claim(goName, "operation "+name); err != nil {
				return err
			}
			what := map[string]string{"Input": "what %s takes", "Output": "what %s answers"}[io.label]
			g.writeStruct(body, goName, fmt.Sprintf(what, name), sh)
		}
	}
	for _, name := range g.shapes {
		sh := g.model.Shapes[name]
		if sh.Type != "structure" || sh.Exception || sh.EventStream {
			continue
		}
		if _, renamed := g.rename[name]; renamed {
			continue
		}
		if err := g.claim(exported(name), "shape "+name); err != nil {
			return err
		}
		what := "a structure of the API"
		if sh.Union {
			what = "a union: exactly one field is set"
		}
		g.writeStruct(body, exported(name), what, sh)
	}
	text := body.String()
	for _, imp := range []string{"iter", "time"} {
		if strings.Contains(text, imp+".") {
			fmt.Fprintf(w, "import %q\n\n", imp)
		}
	}
	w.WriteString(text)
	return nil
}

func (g *generator) writeStruct(w *strings.Builder, goName, what string, sh *shape) {
	required := map[string]bool{}
	for _, r := range sh.Required {
		required[r] = true
	}
	fmt.Fprintf(w, "// %s is %s.\ntype %s struct {\n", goName, what, goName)
	for _, m := range sh.Members {
		var notes []string
		if required[m.name] {
			notes = append(notes, "required")
		}
		if m.Deprecated {
			notes = append(notes, "deprecated in the model")
		}
		comment := ""
		if len(notes) > 0 {
			comment = " // " + strings.Join(notes, ", ")
		}
		// omitzero keeps stored JSON small and an empty list apart from none.
		tag := ",omitzero"
		if g.model.Shapes[m.Shape].EventStream {
			tag = "-"
		}
		fmt.Fprintf(w, "%s %s `json:%q`%s\n", exported(m.name), g.goType(m.Shape, false), tag, comment)
	}
	w.WriteString("}\n\n")
}

// goType is the Go type of a member, or of what a list or map holds.
func (g *generator) goType(name string, element bool) string {
	sh := g.model.Shapes[name]
	star := "*"
	if element {
		star = ""
	}
	switch sh.Type {
	case "string":
		if len(sh.Enum) > 0 {
			return exported(name)
		}
		return star + "string"
	case "character":
		return star + "string"
	case "boolean":
		return star + "bool"
	case "integer":
		return star + "int32"
	case "long":
		return star + "int64"
	case "float":
		return star + "float32"
	case "double":
		return star + "float64"
	case "timestamp":
		return star + "time.Time"
	case "blob":
		return "[]byte"
	case "list":
		return "[]" + g.goType(sh.Member.Shape, true)
	case "map":
		return "map[" + g.goType(sh.Key.Shape, true) + "]" + g.goType(sh.Value.Shape, true)
	case "structure":
		if sh.EventStream {
			return "iter.Seq2[any, error]"
		}
		return "*" + exported(name)
	}
	panic("apigen: shape " + name + " has the unknown type " + sh.Type) // caught by whoever updates the models
}

// writeEnums writes a string type and constants for every enum.
func (g *generator) writeEnums(w *strings.Builder) error {
	first := true
	for _, name := range g.shapes {
		sh := g.model.Shapes[name]
		if len(sh.Enum) == 0 {
			continue
		}
		if first {
			fmt.Fprintf(w, "package %s\n\n", g.service.id)
			first = false
		}
		typ := exported(name)
		if err := g.claim(typ, "enum "+name); err != nil {
			return err
		}
		fmt.Fprintf(w, "// %s is an enum of the API; \"\" is absent.\ntype %s string\n\n", typ, typ)
		fmt.Fprintf(w, "// The values of %s.\nconst (\n", typ)
		for _, v := range sh.Enum {
			c := enumName(typ, v)
			if err := g.claim(c, fmt.Sprintf("value %q of enum %s", v, name)); err != nil {
				return err
			}
			fmt.Fprintf(w, "%s %s = %q\n", c, typ, v)
		}
		w.WriteString(")\n\n")
	}
	return nil
}
