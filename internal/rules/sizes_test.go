package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/internal/rules"
)

// operations of the API, as Measure wants them.
func operations() (all []rules.Operation) {
	for _, service := range []*schema.Service{sagemaker.Service, sagemakermetrics.Service} {
		for _, op := range service.Operations {
			o := rules.Operation{Name: op.Name}
			if op.Output != nil {
				for _, m := range op.Output.Members {
					o.Status = o.Status || strings.HasSuffix(m.Name, "Status")
				}
			}
			all = append(all, o)
		}
	}
	return all
}

// What a resource and an operation may cost. The largest plain resource, Artifact,
// has 181 lines, and the largest operation, QueryLineage, 141: there is room for a
// rule or two more, and not for a second way of doing what package kit does. Who
// has to raise a bound has something that kit should know, or a decision that
// belongs in a file of its own.
const (
	plainLines     = 200
	operationLines = 150
)

func TestSizes(t *testing.T) {
	t.Parallel()
	tree, _ := load(t, root)
	sizes, err := rules.Measure(tree, operations())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(sizes)
	for _, finding := range sizes.Over(plainLines, operationLines) {
		t.Error(finding)
	}
	plain := map[string]bool{}
	for _, r := range sizes.Resources {
		plain[r.Name] = r.Plain
	}
	if len(sizes.Operations) < 80 || !plain["Experiment"] || plain["TrainingJob"] {
		t.Errorf("%d operations, plain are %v: that is not what stands there", len(sizes.Operations), plain)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"": 0, "// nothing\n\n/* but\n words */\n": 0, "package x\n": 1, "package x\n\nvar a = 1 // one\nvar b = 2 + /* and\n */ 3\n": 4,
		"package x\n\nvar a = `\n\n// text\n`; var b = `\n`\n": 6,
	} {
		if got := rules.Lines([]byte(source)); got != want {
			t.Errorf("%q: %d lines, want %d", source, got, want)
		}
	}
}

// What is over a bound is found: by the lines of a resource's own files, and only
// where it is plain.
func TestMeasure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, lines := range map[string]int{
		"one/create_hobby.go": 5, "one/list_hobbies.go": 6, "one/hobby.go": 7, "one/hobby_test.go": 100, "one/rules.go": 40,
		"one/create_hobby_club.go": 4, "one/join_hobby_club.go": 30, "two/create_job.go": 8, "two/describe_job.go": 20, "two/create_hobby.go": 1,
	} {
		path := filepath.Join(dir, "service", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "package " + filepath.Base(filepath.Dir(path)) + strings.Repeat("\n\n// so\nvar _ = 1", lines-1)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := rules.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	sizes, err := rules.Measure(tree, []rules.Operation{
		{Name: "CreateHobby"}, {Name: "ListHobbies"}, {Name: "CreateHobbyClub"}, {Name: "JoinHobbyClub"}, {Name: "CreateJob"}, {Name: "DescribeJob", Status: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, list := range [][]rules.Size{sizes.Directories, sizes.Resources, sizes.Operations} {
		for _, s := range list {
			got = append(got, fmt.Sprint(s.Name, " ", s.Lines, map[bool]string{true: " plain"}[s.Plain]))
		}
	}
	if want := "one 92, two 29, HobbyClub 34, Job 28, Hobby 18 plain, Hobby 1 plain, JoinHobbyClub 30, DescribeJob 20, CreateJob 8, ListHobbies 6, CreateHobby 5, CreateHobbyClub 4, CreateHobby 1"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want\n%s", strings.Join(got, ", "), want)
	}
	over := strings.Join(sizes.Over(17, 20), "\n")
	if over != "service/one: the plain resource Hobby has 18 lines, 17 are allowed: see what package kit can do for it\n"+
		"service/one: the file of JoinHobbyClub has 30 lines, 20 are allowed: move what it decides to a file of its own" {
		t.Error(over)
	}
	if none := sizes.Over(18, 30); none != nil {
		t.Error(none)
	}
}
