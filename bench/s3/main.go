// Command s3 measures PUT and GET of 64 MiB objects beside a plain file copy
// with fsync on the same disk, in turns, and 10,000 small objects.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

const bucket = "bench"

func main() {
	size := flag.Int("size", 64, "size of the large objects in MiB")
	rounds := flag.Int("rounds", 7, "rounds of copy, PUT and GET")
	small := flag.Int("small", 10_000, "small objects of 1 KiB")
	harness.Run("s3", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *size<<20, *rounds, *small, r)
	})
}

func run(ctx context.Context, dir string, size, rounds, small int, r *harness.Report) error {
	s, err := harness.Start(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	if err := s.MakeBucket(ctx, bucket); err != nil {
		return err
	}
	others := harness.Others(s)
	if err := large(s, dir, size, rounds, r); err != nil {
		return err
	}
	if err := many(ctx, s, small, r); err != nil {
		return err
	}
	r.Note("other programs used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// large measures big objects beside a file copy.
func large(s *harness.Server, dir string, size, rounds int, r *harness.Report) error {
	content := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{1})
	if _, err := rng.Read(content); err != nil {
		return err
	}
	source := filepath.Join(dir, "source")
	if err := os.WriteFile(source, content, 0o644); err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	conn, err := harness.Dial(s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	send := func(method, key, hash string, body []byte, sink io.Writer) error {
		req, err := s.S3(method, "/"+bucket+"/"+key, body, hash)
		if err != nil {
			return err
		}
		raw, err := harness.Bytes(req)
		if err != nil {
			return err
		}
		status, answer, err := conn.RoundTrip(raw, sink)
		if err == nil && status >= 300 {
			err = fmt.Errorf("%s %s: status %d: %s", method, key, status, answer)
		}
		return err
	}
	steps := []*struct {
		what string
		do   func(i int) error
		mbs  []float64
	}{
		{what: "file copy with fsync", do: func(i int) error { return copyFile(filepath.Join(dir, fmt.Sprint("copy", i)), source) }},
		{what: "PUT, payload unsigned", do: func(i int) error {
			return send(http.MethodPut, fmt.Sprint("unsigned", i), sigv4.UnsignedPayload, content, nil)
		}},
		{what: "PUT, payload signed (SHA-256 checked)", do: func(i int) error {
			return send(http.MethodPut, fmt.Sprint("signed", i), hex.EncodeToString(sum[:]), content, nil)
		}},
		{what: "GET", do: func(i int) error {
			return send(http.MethodGet, fmt.Sprint("signed", i), harness.EmptyHash, nil, io.Discard)
		}},
	}
	for i := range rounds {
		for _, step := range steps {
			begun := time.Now()
			if err := step.do(i); err != nil {
				return err
			}
			step.mbs = append(step.mbs, float64(size)/1e6/time.Since(begun).Seconds())
		}
		if err := os.Remove(filepath.Join(dir, fmt.Sprint("copy", i))); err != nil {
			return err
		}
	}
	r.Note("%d MiB objects, one connection, %d rounds of copy, PUT, PUT, GET in turns; medians; the peer is the file copy", size>>20, rounds)
	plain := harness.Median(steps[0].mbs)
	for i, step := range steps {
		row := harness.Row{What: step.what, Value: harness.Median(step.mbs), Unit: "MB/s"}
		if i > 0 {
			row.Peer, row.Ratio = plain, row.Value/plain
			row = row.AtLeast(row.Ratio, 0.6, "×")
		}
		r.Rows = append(r.Rows, row)
	}
	return nil
}

// copyFile reads and writes in blocks, so that no file system clones the file
// instead, and syncs the copy.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 1<<20)); err != nil {
		return err
	}
	return out.Sync()
}

// many measures small objects.
func many(ctx context.Context, s *harness.Server, n int, r *harness.Report) error {
	content := bytes.Repeat([]byte("0123456789abcdef"), 64)
	sum := sha256.Sum256(content)
	sign := func(method, hash string, body []byte) ([]harness.Signed, error) {
		out := make([]harness.Signed, n)
		for i := range out {
			req, err := s.S3(method, fmt.Sprintf("/%s/small/%05d", bucket, i), body, hash)
			if err != nil {
				return nil, err
			}
			if out[i], err = harness.Bytes(req); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	r.Note("%d objects of %d bytes, 16 connections, each on disk (fsync) before its answer", n, len(content))
	for _, step := range []struct {
		method, hash string
		body         []byte
	}{{http.MethodPut, hex.EncodeToString(sum[:]), content}, {http.MethodGet, harness.EmptyHash, nil}} {
		requests, err := sign(step.method, step.hash, step.body)
		if err != nil {
			return err
		}
		l, err := harness.Clean(harness.Closed(ctx, s.Addr, 16, harness.Once(requests), time.Minute))
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, harness.Row{What: "small objects, " + step.method, Value: l.Rate, Unit: "/s"}.AtLeast(l.Rate, 2000, "/s"))
	}
	begun := time.Now()
	listed, err := list(ctx, s)
	if err != nil {
		return err
	}
	if listed != n {
		return fmt.Errorf("listed %d of %d objects", listed, n)
	}
	r.Rows = append(r.Rows, harness.Row{What: fmt.Sprintf("list %d keys", n), Value: float64(time.Since(begun).Milliseconds()), Unit: "ms"})
	return nil
}

var nextToken = regexp.MustCompile(`<NextContinuationToken>([^<]*)</NextContinuationToken>`)

// list counts the keys below small/.
func list(ctx context.Context, s *harness.Server) (n int, err error) {
	after := ""
	for {
		req, err := s.S3(http.MethodGet, "/"+bucket+"?list-type=2&prefix=small%2F"+after, nil, harness.EmptyHash)
		if err != nil {
			return 0, err
		}
		body, err := harness.Do(ctx, req)
		if err != nil {
			return 0, err
		}
		n += bytes.Count(body, []byte("<Key>"))
		m := nextToken.FindSubmatch(body)
		if m == nil {
			return n, nil
		}
		after = "&continuation-token=" + url.QueryEscape(string(m[1]))
	}
}
