package kittest

import (
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// Enum is the values that the API model gives a member of an operation's answer.
// path leads to the member; elements of lists need no word.
func Enum(t testing.TB, operation string, path ...string) []string {
	t.Helper()
	i := slices.IndexFunc(sagemaker.Service.Operations, func(op *schema.Operation) bool { return op.Name == operation })
	if i < 0 {
		t.Fatalf("the model has no operation %s", operation)
	}
	shape := sagemaker.Service.Operations[i].Output
	for _, name := range path {
		i := slices.IndexFunc(shape.Members, func(m schema.Member) bool { return m.Name == name })
		if i < 0 {
			t.Fatalf("%s answers no %v", operation, path)
		}
		if shape = shape.Members[i].Shape; shape.Kind == schema.List {
			shape = shape.Elem
		}
	}
	if shape.Kind != schema.Enum {
		t.Fatalf("%v of %s is no enum", path, operation)
	}
	return shape.Enum
}
