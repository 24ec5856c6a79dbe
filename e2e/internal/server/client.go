package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// Client sends signed requests.
type Client struct {
	server *Server
	creds  *sigv4.Credentials // nil: the server's own
	// Patient sends a request again while the server is away or answers that it
	// failed itself, as SDKs do, until the request's context ends.
	Patient bool
}

// Client is a patient client with the server's own key.
func (s *Server) Client() *Client { return &Client{server: s, Patient: true} }

// As is an impatient client with another key.
func (s *Server) As(c sigv4.Credentials) *Client { return &Client{server: s, creds: &c} }

// Credentials are the server's own; there are none before its first start.
func (s *Server) Credentials() sigv4.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.creds
}

// Refusal is an answer with a status of 300 and more.
type Refusal struct {
	Status int
	// Type is the error's code, of JSON answers only.
	Type   string      `json:"__type"`
	Text   string      `json:"-"`
	Header http.Header `json:"-"`
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("status %d: %s", r.Status, r.Text) }

// pause is how long a patient client waits before it sends a request again.
const pause = 20 * time.Millisecond

// Do signs and sends the request that build makes for the server's address, and
// answers the body of the answer. body is the request's.
func (c *Client) Do(ctx context.Context, service string, body []byte, build func(base string) (*http.Request, error)) ([]byte, error) {
	for {
		r, err := build("http://" + c.server.Addr())
		if err != nil {
			return nil, err
		}
		creds := c.server.Credentials()
		if c.creds != nil {
			creds = *c.creds
		}
		sum := sha256.Sum256(body)
		sigv4.Sign(r, creds, service, Region, hex.EncodeToString(sum[:]), time.Now())
		answer, err := send(r.WithContext(ctx))
		var refused *Refusal
		switch {
		case err == nil:
			return answer, nil
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), err)
		case !c.Patient, errors.As(err, &refused) && refused.Status < 500:
			return nil, err
		}
		time.Sleep(pause)
	}
}

func send(r *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode < 300 {
		return body, err
	}
	refused := &Refusal{Status: resp.StatusCode, Text: string(body), Header: resp.Header}
	_ = json.Unmarshal(body, refused) // S3's are XML
	return nil, refused
}

// Call is a JSON 1.1 operation, such as "SageMaker.ListTrainingJobs" of
// "sagemaker". out may be nil.
func (c *Client) Call(ctx context.Context, service, target string, in, out any) error {
	payload, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := c.Do(ctx, service, payload, func(base string) (*http.Request, error) {
		r, err := http.NewRequest(http.MethodPost, base+"/", bytes.NewReader(payload))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", target)
		}
		return r, err
	})
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// S3 is an S3 request for a path as it stands in the request line, "/bucket/key".
func (c *Client) S3(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	return c.Do(ctx, "s3", body, func(base string) (*http.Request, error) {
		return http.NewRequest(method, base+path, bytes.NewReader(body))
	})
}
