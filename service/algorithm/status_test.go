package algorithm

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/kit"
)

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// member finds a member of DescribeAlgorithm's answer.
func member(t *testing.T, s *schema.Shape, path ...string) *schema.Shape {
	t.Helper()
	for _, name := range path {
		var found *schema.Shape
		for _, m := range s.Members {
			if m.Name == name {
				found = m.Shape
			}
		}
		if found == nil {
			t.Fatalf("the model has no %v", path)
		}
		if s = found; s.Kind == schema.List {
			s = s.Elem
		}
	}
	return s
}

func describeOutput(t *testing.T) *schema.Shape {
	t.Helper()
	for _, op := range sagemaker.Service.Operations {
		if op.Name == "DescribeAlgorithm" {
			return op.Output
		}
	}
	t.Fatal("no DescribeAlgorithm")
	return nil
}

// CreateAlgorithm-8: every status of the model, of algorithms and of profiles, is
// reached by a transition or listed as reserved, and never both.
func TestEveryStatusIsReachableOrReserved(t *testing.T) {
	t.Parallel()
	reachable := kit.Reachable(Transitions)
	reachable[sagemaker.AlgorithmStatusPending] = true
	for _, v := range member(t, describeOutput(t), "AlgorithmStatus").Enum {
		if s := status(v); reachable[s] == (Reserved[s] != "") {
			t.Errorf("%s: reachable %v, reserved %q", s, reachable[s], Reserved[s])
		}
	}
	details := kit.Reachable(ProfileTransitions)
	details[sagemaker.DetailedAlgorithmStatusNotStarted] = true
	for _, v := range member(t, describeOutput(t), "AlgorithmStatusDetails", "ValidationStatuses", "Status").Enum {
		if !details[detail(v)] {
			t.Errorf("no profile is ever %s", v)
		}
	}
}

// The diagram in docs/ is drawn from the tables; make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "states", "algorithm.md")
	want := "# Algorithm\n\nDrawn from the transitions in `service/algorithm/status.go` by its test; `make generate` redraws it.\n\n```mermaid\n" +
		kit.Diagram(Transitions, sagemaker.AlgorithmStatusPending) + "```\n\nEach validation profile, while the algorithm is InProgress:\n\n```mermaid\n" +
		kit.Diagram(ProfileTransitions, sagemaker.DetailedAlgorithmStatusNotStarted) + "```\n\n| status that no transition reaches | why |\n|---|---|\n"
	for _, v := range member(t, describeOutput(t), "AlgorithmStatus").Enum {
		if why := Reserved[status(v)]; why != "" {
			want += "| " + v + " | " + why + " |\n"
		}
	}
	if os.Getenv("SAGEBRUSH_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): run make generate", path, err)
	}
}
