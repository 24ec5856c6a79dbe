package admin

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
	"net/url"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
)

// Client calls a running server.
type Client struct {
	// Address is the server's, such as "http://127.0.0.1:4600".
	Address string
	Region  string
	// Key is the server's own.
	Key identity.Key
}

// ListKeys lists the keys of an account, "" for all.
func (c *Client) ListKeys(ctx context.Context, account string) (out Keys, err error) {
	return out, c.call(ctx, http.MethodGet, "keys?account="+url.QueryEscape(account), nil, &out)
}

// CreateKey makes a key pair for an account.
func (c *Client) CreateKey(ctx context.Context, account string) (out Key, err error) {
	return out, c.call(ctx, http.MethodPost, "keys", KeyRequest{account}, &out)
}

// DeleteKey ends a key of an account, "" for any.
func (c *Client) DeleteKey(ctx context.Context, account, id string) error {
	return c.call(ctx, http.MethodDelete, "keys/"+url.PathEscape(id)+"?account="+url.QueryEscape(account), nil, nil)
}

// ListImages lists registered folders and built-in images.
func (c *Client) ListImages(ctx context.Context) (out Images, err error) {
	return out, c.call(ctx, http.MethodGet, "images", nil, &out)
}

// AddImage registers a folder, by its absolute path, under a URI.
func (c *Client) AddImage(ctx context.Context, uri, dir string) (out Image, err error) {
	return out, c.call(ctx, http.MethodPost, "images", ImageRequest{uri, dir}, &out)
}

// RemoveImage forgets a registered folder.
func (c *Client) RemoveImage(ctx context.Context, uri string) error {
	return c.call(ctx, http.MethodDelete, "images?uri="+url.QueryEscape(uri), nil, nil)
}

// InterruptJob reclaims the capacity of a spot job.
func (c *Client) InterruptJob(ctx context.Context, in InterruptRequest) error {
	return c.call(ctx, http.MethodPost, "jobs/interrupt", in, nil)
}

// PrepareImage makes an image's environment; progress receives what happens.
func (c *Client) PrepareImage(ctx context.Context, uri string, progress func(line string)) error {
	answer, err := c.send(ctx, http.MethodPost, "images/prepare", PrepareRequest{uri})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	for lines := json.NewDecoder(answer.Body); ; {
		var p Progress
		if err := lines.Decode(&p); err != nil {
			return fmt.Errorf("the server ended before the image was ready: %w", err)
		}
		switch {
		case p.Error != nil:
			return p.Error
		case p.Done:
			return nil
		}
		progress(p.Line)
	}
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	answer, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(out)
}

// send answers a response with status 200, or the server's *Error.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	body := []byte{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Address+Prefix+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(body)
	creds := sigv4.Credentials{AccessKeyID: c.Key.ID, SecretAccessKey: c.Key.Secret.Reveal()}
	sigv4.Sign(r, creds, SigningName, c.Region, hex.EncodeToString(hash[:]), time.Now())
	// No proxy: the one in the environment is likely this very server.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil || answer.StatusCode == http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	var refusal Error
	if json.Unmarshal(text, &refusal) == nil && refusal.Message != "" {
		return nil, &refusal
	}
	return nil, errors.Join(fmt.Errorf("the server answered %s: %s", answer.Status, text), err)
}
