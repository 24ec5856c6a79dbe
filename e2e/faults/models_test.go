package faults

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// The archive holds what the program wrote, and nothing that it only points to
// (TrainContainer-8).
func TestStrangeModels(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{Args: []string{"--max-jobs", "4"}})
	outside := server.Directory(t)
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("do not tell"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("all", func(t *testing.T) {
		for name, c := range map[string]struct {
			program string
			want    map[string]string
		}{
			"model-elsewhere": {"rm -r /opt/ml/model; mkdir -p /opt/ml/x; ln -s /opt/ml/x /opt/ml/model; echo w > /opt/ml/model/weights", map[string]string{}},
			"links": {"cd /opt/ml/model; echo w > weights; ln weights hard; ln -s weights soft; ln -s " + outside + "/secret far; ln -s " + outside + " fardir; ln -s loop loop; ln -s ../../../../../etc up",
				map[string]string{"weights": "w\n", "hard": "w\n", "soft": "-> weights", "far": "-> " + outside + "/secret", "fardir": "-> " + outside, "loop": "-> loop", "up": "-> ../../../../../etc"}},
			"specials": {"cd /opt/ml/model; echo w > weights; mkfifo pipe; command -v python3 >/dev/null && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'; exit 0",
				map[string]string{"weights": "w\n"}},
			"names":            {"cd /opt/ml/model; echo w > $'new\\nline'; echo w > ' '; echo w > $'\\xff'; echo w > -rf; mkdir -p a/b; echo w > a/b/c; chmod 000 a/b/c", map[string]string{"new\nline": "w\n", " ": "w\n", "\xff": "w\n", "-rf": "w\n", "a/": "/", "a/b/": "/", "a/b/c": "w\n"}},
			"no-model":         {"exit 0", map[string]string{}},
			"model-gone":       {"rmdir /opt/ml/model", map[string]string{}},
			"model-is-a-link":  {"rmdir /opt/ml/model; ln -s " + outside + " /opt/ml/model", map[string]string{}},
			"output-elsewhere": {"rm -r /opt/ml/output; mkdir " + outside + "/data; cp " + outside + "/secret " + outside + "/data; ln -s " + outside + " /opt/ml/output", map[string]string{}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := h.on(t)
				job := h.train(name, c.program)
				if job.TrainingJobStatus != "Completed" {
					t.Fatalf("%+v", job)
				}
				if got := h.artifact(job); !maps.Equal(got, c.want) {
					t.Errorf("the artifact holds %q\nwant %q", got, c.want)
				}
				output := strings.Replace(job.ModelArtifacts.S3ModelArtifacts, "model.tar.gz", "output.tar.gz", 1)
				if files, err := h.client.Artifact(h.ctx, output); err == nil {
					t.Errorf("the job had no output, but its archive holds %q", files)
				}
			})
		}
	})
	h.NothingLeft(t)
}
