package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// throughput compares requests a second over many connections.
func throughput(ctx context.Context, dir string, s *sides, request harness.Signed, d time.Duration, rounds int, r *harness.Report) error {
	generate := func(addr string) (float64, error) {
		l, err := harness.Clean(harness.Closed(ctx, addr, conns, harness.Cycle([]harness.Signed{request}), d))
		return l.Rate, err
	}
	if bin, err := exec.LookPath("wrk"); err == nil {
		script, err := wrkScript(dir, request)
		if err != nil {
			return err
		}
		generate = func(addr string) (float64, error) { return wrk(ctx, bin, script, addr, d) }
		r.Note("the load on %d connections comes from wrk, with one thread", conns)
	}
	rates := map[*harness.Server][]float64{}
	for range rounds {
		for _, side := range s.all() {
			rate, err := generate(side.Addr)
			if err != nil {
				return err
			}
			rates[side] = append(rates[side], rate)
		}
	}
	r.Compare(fmt.Sprintf("requests on %d connections", conns), 0.9, rates[s.front], rates[s.nginx])
	r.Rows = append(r.Rows, harness.Row{What: "the container alone", Value: harness.Median(rates[s.container]), Unit: "/s"})
	return nil
}

// wrkScript has wrk send the bytes of the request.
func wrkScript(dir string, request harness.Signed) (string, error) {
	raw, script := filepath.Join(dir, "request"), filepath.Join(dir, "request.lua")
	if err := os.WriteFile(raw, request, 0o644); err != nil {
		return "", err
	}
	return script, os.WriteFile(script, fmt.Appendf(nil, "local f = io.open(%q, \"rb\")\nlocal all = f:read(\"*a\")\nf:close()\n"+
		"function request() return all end\n", raw), 0o644)
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)

// wrk is the requests a second that were answered; all of them must be answered well.
func wrk(ctx context.Context, bin, script, addr string, d time.Duration) (float64, error) {
	out, err := exec.CommandContext(ctx, bin, "-t1", "-c"+strconv.Itoa(conns), "-d"+strconv.Itoa(max(1, int(d.Seconds()))),
		"-s", script, "http://"+addr+"/").CombinedOutput()
	m := wrkRate.FindSubmatch(out)
	if err != nil || m == nil || bytes.Contains(out, []byte("Non-2xx")) || bytes.Contains(out, []byte("Socket errors")) {
		return 0, fmt.Errorf("wrk: %v: %s", err, out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
