package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crypto/sha256"

	"github.com/sagebrush/sagebrush/app"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// The two operations that programs call most, over HTTP with signatures, on
// SQLite with durable commits, at 16 connections. bench/jobs measures them beside
// a peer; this is for profiles.
func BenchmarkDescribeTrainingJob(b *testing.B) {
	post := bench(b)
	post(b, "CreateTrainingJob", fmt.Sprintf(job, "123456789012"))
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			post(b, "DescribeTrainingJob", `{"TrainingJobName":"`+marker+`"}`)
		}
	})
}

func BenchmarkCreateTrainingJob(b *testing.B) {
	post := bench(b)
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			post(b, "CreateTrainingJob", strings.Replace(fmt.Sprintf(job, "123456789012"), marker, fmt.Sprint("job-", n.Add(1)), 1))
		}
	})
}

func bench(b *testing.B) func(b *testing.B, op, body string) {
	a := serve(b, func(c *app.Config) { c.MaxJobs = 1 })
	key, err := a.Keys().Create(b.Context(), "123456789012")
	if err != nil {
		b.Fatal(err)
	}
	creds := sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	send := func(b *testing.B, r *http.Request, service, body string) {
		sigv4.Sign(r, creds, service, "us-east-1", fmt.Sprintf("%x", sha256.Sum256([]byte(body))), time.Now())
		resp, err := transport.RoundTrip(r)
		if err != nil {
			b.Error(err)
			return
		}
		defer resp.Body.Close()
		if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			b.Errorf("%d %s %v", resp.StatusCode, text, err)
		}
	}
	base := "http://" + a.Addr()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPut, base+"/"+marker, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	send(b, r, "s3", "")
	return func(b *testing.B, op, body string) {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, base+"/", strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "SageMaker."+op)
		send(b, r, "sagemaker", body)
	}
}
