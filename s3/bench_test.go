package s3_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

const large = 64 << 20

// BenchmarkPlainCopy is the peer of the large transfers: a file copy with fsync.
func BenchmarkPlainCopy(b *testing.B) {
	src, dst := filepath.Join(b.TempDir(), "src"), filepath.Join(b.TempDir(), "dst")
	if err := os.WriteFile(src, filler(large), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(large)
	for b.Loop() {
		copyFile(b, src, dst)
	}
}

func copyFile(b *testing.B, src, dst string) {
	in, err := os.Open(src)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	// Through a buffer, as a copy between file systems goes.
	if _, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 1<<20)); err == nil {
		err = out.Sync()
	}
	if err != nil {
		b.Fatal(err)
	}
}

// send does one signed request and discards the answer.
func (s *server) send(b *testing.B, method, path string, body []byte, hash string) {
	r, err := http.NewRequestWithContext(b.Context(), method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	sigv4.Sign(r, sigv4.Credentials{AccessKeyID: accountKey, SecretAccessKey: "secret of " + accountKey}, "s3", "us-east-1", hash, time.Now())
	res, err := s.Client().Do(r)
	if err != nil {
		b.Error(err)
		return
	}
	defer res.Body.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, make([]byte, min(max(res.ContentLength, 512), 256<<10))); err != nil || res.StatusCode >= 300 {
		b.Errorf("%s: %d, %v", method, res.StatusCode, err)
	}
}

// BenchmarkPutLarge uploads 64 MiB over HTTP, unsigned payload, client and
// server in this process.
func BenchmarkPutLarge(b *testing.B) {
	s, data := setup(b, false), filler(large)
	s.bucket(b, "bench")
	b.SetBytes(large)
	for b.Loop() {
		s.send(b, "PUT", "/bench/k", data, sigv4.UnsignedPayload)
	}
}

// BenchmarkPutLargeSDK is the same with the SDK's SHA-256 and CRC32, on both sides.
func BenchmarkPutLargeSDK(b *testing.B) {
	s, data := setup(b, false), filler(large)
	s.bucket(b, "bench")
	c := s.client(accountKey)
	b.SetBytes(large)
	for b.Loop() {
		if _, err := c.PutObject(b.Context(), &awss3.PutObjectInput{Bucket: ptr("bench"), Key: ptr("k"), Body: bytes.NewReader(data)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetLarge downloads 64 MiB.
func BenchmarkGetLarge(b *testing.B) {
	s := setup(b, false)
	s.bucket(b, "bench")
	s.put(b, "bench", "k", string(filler(large)))
	b.SetBytes(large)
	for b.Loop() {
		s.send(b, "GET", "/bench/k", nil, sigv4.EmptyPayload)
	}
}

// BenchmarkPutSmall stores 10,000 objects of 1 KiB durably, by connections.
func BenchmarkPutSmall(b *testing.B) {
	for _, connections := range []int{1, 4, 8, 16} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			s, data := setup(b, false), filler(1<<10)
			s.bucket(b, "bench")
			s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = connections
			var n atomic.Int64
			const objects = 10000
			for b.Loop() {
				n.Store(0)
				var wg sync.WaitGroup
				for range connections {
					wg.Go(func() {
						for i := n.Add(1); i <= objects; i = n.Add(1) {
							s.send(b, "PUT", fmt.Sprintf("/bench/%05d", i), data, sigv4.UnsignedPayload)
						}
					})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(b.N*objects)/b.Elapsed().Seconds(), "puts/s")
		})
	}
}

// BenchmarkListLarge lists 1,000 of many keys.
func BenchmarkListLarge(b *testing.B) {
	s := setup(b, false)
	s.bucket(b, "bench")
	for i := range 1000 {
		s.send(b, "PUT", fmt.Sprintf("/bench/%05d", i), nil, sigv4.EmptyPayload)
	}
	for b.Loop() {
		s.send(b, "GET", "/bench?list-type=2", nil, sigv4.EmptyPayload)
	}
}
