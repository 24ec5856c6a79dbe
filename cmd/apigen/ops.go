package main

import (
	"fmt"
	"strings"
)

// writeHandlers writes the one-method interface of every operation.
func (g *generator) writeHandlers(w *strings.Builder) error {
	fmt.Fprintf(w, "package %s\n\nimport \"context\"\n\n", g.service.id)
	for _, name := range g.ops {
		if err := g.claim(name+"Handler", "operation "+name); err != nil {
			return err
		}
		fmt.Fprintf(w, "// %[1]sHandler is implemented by whoever answers %[1]s.\ntype %[1]sHandler interface {\n%[1]s(ctx context.Context, in *%[1]sInput) (*%[1]sOutput, error)\n}\n\n", name)
	}
	return nil
}

// writeOps writes the package's doc comment and its operation table.
func (g *generator) writeOps(w *strings.Builder) error {
	if err := g.claim("Service", "the operation table"); err != nil {
		return err
	}
	md := g.model.Metadata
	id := g.service.id
	fmt.Fprintf(w, "// Package %s is the generated API of %s, revision %s:\n", id, g.service.about, md.APIVersion)
	w.WriteString("// types, enums and the operation table as data.\n//\n")
	w.WriteString("// Service lists the operations; each is implemented by a method of its name, see\n")
	w.WriteString("// the Handler interfaces. How a shape looks in Go is explained in package\n")
	w.WriteString("// aws/schema. Nothing here is edited by hand: see cmd/apigen.\n")
	fmt.Fprintf(w, "package %s\n\nimport (\n\"context\"\n\n\"github.com/sagebrush/sagebrush/aws/schema\"\n)\n\n", id)
	signing := md.SigningName
	if signing == "" {
		signing = md.EndpointPrefix
	}
	fmt.Fprintf(w, "// Service is %s.\nvar Service = &schema.Service{\n", g.service.about)
	fmt.Fprintf(w, "ID: %q,\nSigningName: %q,\nEndpointPrefix: %q,\nAPIVersion: %q,\nProtocol: %q,\n", id, signing, md.EndpointPrefix, md.APIVersion, md.Protocol)
	for _, f := range [][2]string{{"JSONVersion", md.JSONVersion}, {"TargetPrefix", md.TargetPrefix}, {"XMLNamespace", md.XMLNamespace}} {
		if f[1] != "" {
			fmt.Fprintf(w, "%s: %q,\n", f[0], f[1])
		}
	}
	w.WriteString("Operations: []*schema.Operation{\n")
	for _, name := range g.ops {
		g.writeOp(w, name)
	}
	w.WriteString("},\n}\n")
	return nil
}

func (g *generator) writeOp(w *strings.Builder, name string) {
	op := g.model.Operations[name]
	status := op.HTTP.ResponseCode
	if status == 0 {
		status = 200
	}
	input, inputPayload := g.ioShape(name, "Input", op.Input)
	output, outputPayload := g.ioShape(name, "Output", op.Output)
	fmt.Fprintf(w, "{\nName: %q,\nInput: %s,\nOutput: %s,\n", name, input, output)
	if inputPayload != "" {
		fmt.Fprintf(w, "InputPayload: %q,\n", inputPayload)
	}
	if outputPayload != "" {
		fmt.Fprintf(w, "OutputPayload: %q,\n", outputPayload)
	}
	if len(op.Errors) > 0 {
		w.WriteString("Errors: []*schema.Shape{")
		for _, e := range op.Errors {
			fmt.Fprintf(w, "&%s,", shapeVar(e.Shape))
		}
		w.WriteString("},\n")
	}
	fmt.Fprintf(w, "Method: %q, Path: %q, Status: %d,\n", op.HTTP.Method, op.HTTP.RequestURI, status)
	if op.Output != nil && op.Output.ResultWrapper != "" {
		fmt.Fprintf(w, "ResultWrapper: %q,\n", op.Output.ResultWrapper)
	}
	fmt.Fprintf(w, "NewInput: func() any { return new(%sInput) },\n", name)
	fmt.Fprintf(w, "NewOutput: func() any { return new(%sOutput) },\n", name)
	fmt.Fprintf(w, "Implements: func(v any) bool { _, ok := v.(%sHandler); return ok },\n", name)
	fmt.Fprintf(w, "Call: func(ctx context.Context, v, in any) (any, error) { return v.(%[1]sHandler).%[1]s(ctx, in.(*%[1]sInput)) },\n},\n", name)
}

// ioShape is the expression for an operation's input or output shape, and the
// name of the member that is its body.
func (g *generator) ioShape(op, label string, r *ref) (expr, payload string) {
	if r == nil {
		return fmt.Sprintf("&schema.Shape{Name: %q, Kind: schema.Structure}", op+label), ""
	}
	return "&" + shapeVar(r.Shape), g.model.Shapes[r.Shape].Payload
}
