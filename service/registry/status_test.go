package registry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/kit"
)

// enum is the values of a member of an operation's answer.
func enum(t *testing.T, operation, member string) []string {
	t.Helper()
	for _, op := range sagemaker.Service.Operations {
		if op.Name != operation {
			continue
		}
		for _, m := range op.Output.Members {
			if m.Name == member && m.Shape.Kind == schema.Enum {
				return m.Shape.Enum
			}
		}
	}
	t.Fatalf("%s answers no %s", operation, member)
	return nil
}

// reachable checks that each status is reached or reserved, not both, and draws
// the table.
func reachable[S ~string, T any](t *testing.T, values []string, table []kit.Transition[S, T], reserved map[S]string, initial ...S) string {
	t.Helper()
	reached := kit.Reachable(table)
	for _, s := range initial {
		reached[s] = true
	}
	var text strings.Builder
	text.WriteString("```mermaid\n" + kit.Diagram(table, initial...) + "```\n")
	if len(reserved) > 0 {
		text.WriteString("\n| status that no transition reaches | why |\n|---|---|\n")
	}
	for _, v := range values {
		if reached[S(v)] == (reserved[S(v)] != "") {
			t.Errorf("%s: reached %v, reserved %q", v, reached[S(v)], reserved[S(v)])
		}
		if why := reserved[S(v)]; why != "" {
			fmt.Fprintf(&text, "| %s | %s |\n", v, why)
		}
	}
	return text.String()
}

// CreateModelPackage-9, UpdMP-2, Co-1: every status is reached by a transition or
// listed as reserved, and the page in docs/ shows them; make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	pending := sagemaker.ModelApprovalStatusPendingManualApproval
	want := "# Model package\n\nDrawn from the transitions in `service/registry/status.go` by its test; `make generate` redraws it.\n\n" +
		reachable(t, enum(t, "DescribeModelPackage", "ModelPackageStatus"), Transitions, Reserved, sagemaker.ModelPackageStatusPending) +
		"\nThe approval of a version, which its registration may give as well:\n\n" +
		reachable(t, enum(t, "DescribeModelPackage", "ModelApprovalStatus"), ApprovalTransitions, nil, pending, sagemaker.ModelApprovalStatusApproved, sagemaker.ModelApprovalStatusRejected) +
		"\nA model package group:\n\n" +
		reachable(t, enum(t, "DescribeModelPackageGroup", "ModelPackageGroupStatus"), GroupTransitions, GroupReserved, sagemaker.ModelPackageGroupStatusPending)
	path := filepath.Join("..", "..", "docs", "states", "model-package.md")
	if os.Getenv("SAGEBRUSH_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): run make generate", path, err)
	}
}
