package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

func startOurs(ctx context.Context, env ...string) (*harness.Server, error) {
	port, err := free()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(harness.Binary(), "native-serve")
	cmd.Env = append(append(os.Environ(), "SAGEMAKER_BIND_TO_HOST=127.0.0.1", fmt.Sprint("SAGEMAKER_BIND_TO_PORT=", port)), env...)
	return harness.StartOther(ctx, cmd, fmt.Sprint("127.0.0.1:", port), "/ping")
}

// startPeer runs MLServer on a model's directory.
func (o *options) startPeer(ctx context.Context, dir, name string) (*harness.Server, error) {
	program, err := filepath.Abs(filepath.Join(filepath.Dir(o.python), "mlserver"))
	if err != nil {
		return nil, err
	}
	settings := map[string]any{"host": "127.0.0.1", "parallel_workers": 0, "debug": false}
	for _, member := range []string{"http_port", "grpc_port", "metrics_port"} {
		if settings[member], err = free(); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), text, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "start", dir)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1")
	return harness.StartOther(ctx, cmd, fmt.Sprint("127.0.0.1:", settings["http_port"]), "/v2/models/"+name+"/ready")
}

// free is a port that nobody listens at.
func free() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// ask is one request, again and again.
func ask(s *harness.Server, path, kind string, body []byte) (harness.Requests, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+s.Addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	b, err := harness.Bytes(r)
	return harness.Cycle([]harness.Signed{b}), err
}

func csv(row []float64) []byte {
	var out []byte
	for i, v := range row {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, v, 'g', -1, 64)
	}
	return out
}

// tensor is the same row as MLServer takes it.
func tensor(row []float64) []byte {
	out := fmt.Appendf(nil, `{"inputs": [{"name": "rows", "shape": [1, %d], "datatype": "FP32", "data": [`, len(row))
	return append(append(out, csv(row)...), "]}]}"...)
}
