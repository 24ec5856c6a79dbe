package harness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// Signed is a request that is ready to be sent, as the bytes of HTTP/1.1.
type Signed []byte

// JSON signs a call of a JSON 1.1 operation, such as ("SageMaker.DescribeTrainingJob", "sagemaker").
func (s *Server) JSON(target, service string, body any) (*http.Request, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+s.Addr+"/", bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	sum := sha256.Sum256(data)
	sigv4.Sign(r, s.Creds, service, Region, hex.EncodeToString(sum[:]), time.Now())
	return r, nil
}

// S3 signs a path-style S3 request. hash is the SHA-256 of the body in hex, or
// sigv4.UnsignedPayload.
func (s *Server) S3(method, path string, body []byte, hash string) (*http.Request, error) {
	r, err := http.NewRequest(method, "http://"+s.Addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sigv4.Sign(r, s.Creds, "s3", Region, hash, time.Now())
	return r, nil
}

// Sign is JSON as bytes.
func (s *Server) Sign(target, service string, body any) (Signed, error) {
	r, err := s.JSON(target, service, body)
	if err != nil {
		return nil, err
	}
	return Bytes(r)
}

// Bytes writes a request down.
func Bytes(r *http.Request) (Signed, error) {
	var b bytes.Buffer
	err := r.Write(&b)
	return b.Bytes(), err
}

// Call sends one JSON request outside of any measurement and decodes the answer.
func (s *Server) Call(ctx context.Context, target, service string, in, out any) error {
	r, err := s.JSON(target, service, in)
	if err != nil {
		return err
	}
	body, err := Do(ctx, r)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// Do sends a request and answers the body; a status of 300 and more is an error.
func Do(ctx context.Context, r *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", r.Header.Get("X-Amz-Target"), r.URL.Path, resp.Status, body)
	}
	return body, err
}

// MakeBucket makes a bucket.
func (s *Server) MakeBucket(ctx context.Context, name string) error {
	r, err := s.S3(http.MethodPut, "/"+name, nil, EmptyHash)
	if err != nil {
		return err
	}
	_, err = Do(ctx, r)
	return err
}

// EmptyHash is the SHA-256 of nothing.
const EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
