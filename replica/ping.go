package replica

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// ping asks a container whether it is healthy (Host-3).
func (j *job) ping(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return j.dials[i].dial(ctx) },
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://container/ping", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return pingError(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return pingError(err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/ping answered status %s", strconv.Itoa(res.StatusCode))
	}
	return nil
}

// pingError is an error without the address that no user knows.
func pingError(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("/ping was not answered within %s", pingTimeout)
	case isRefused(err):
		return errors.New("nothing listens on its port")
	}
	return fmt.Errorf("/ping failed: %w", errors.Unwrap(err))
}
