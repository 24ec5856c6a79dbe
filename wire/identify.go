package wire

import (
	"context"
	"encoding/hex"
	"math/rand/v2"

	"github.com/sagebrush/sagebrush/aws"
)

// identify gives the request its id, in every header in which a client may look
// for it: S3's has another name.
func (s *Server) identify(next handler) handler {
	return func(ctx context.Context, c *call) error {
		c.id = newRequestID()
		id := []string{c.id}
		c.w.Header()["X-Amzn-Requestid"] = id
		c.w.Header()["X-Amz-Request-Id"] = id
		return next(aws.WithRequestID(ctx, c.id), c)
	}
}

// newRequestID is a random UUID, version 4. Ids are for finding log lines, not secrets.
func newRequestID() string {
	var raw [16]byte
	for i := range 2 {
		for j, n := 0, rand.Uint64(); j < 8; j, n = j+1, n>>8 {
			raw[8*i+j] = byte(n)
		}
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	out := make([]byte, 0, 36)
	for i, part := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, part)
	}
	return string(out)
}
