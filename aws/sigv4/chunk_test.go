package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// chunker writes aws-chunked bodies after the public description of the format,
// independently of the package's own code.
type chunker struct {
	key        []byte
	prev       string
	date, zone string
}

func newChunker(r *http.Request) *chunker {
	mac := func(k []byte, s string) []byte {
		h := hmac.New(sha256.New, k)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	k := mac(mac(mac(mac([]byte("AWS4"+secretKey), "20231215"), "eu-west-1"), "s3"), "aws4_request")
	_, sig, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return &chunker{key: k, prev: sig, date: "20231215T120000Z", zone: "20231215/eu-west-1/s3/aws4_request"}
}

func (c *chunker) sign(kind string, parts ...string) string {
	h := hmac.New(sha256.New, c.key)
	fmt.Fprintf(h, "%s\n%s\n%s\n%s", kind, c.date, c.zone, c.prev)
	for _, p := range parts {
		fmt.Fprintf(h, "\n%s", hashOf(p))
	}
	c.prev = hex.EncodeToString(h.Sum(nil))
	return c.prev
}

func (c *chunker) body(data string, size int, trailers ...string) string {
	var b strings.Builder
	for {
		n := min(size, len(data))
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s\r\n", n, c.sign("AWS4-HMAC-SHA256-PAYLOAD", "", data[:n]), data[:n])
		if data = data[n:]; n == 0 {
			break
		}
	}
	if trailers == nil {
		return b.String()
	}
	out := strings.TrimSuffix(b.String(), "\r\n")
	text := ""
	for _, t := range trailers {
		out += t + "\r\n"
		text += t + "\n"
	}
	return out + "x-amz-trailer-signature:" + c.sign("AWS4-HMAC-SHA256-TRAILER", text) + "\r\n\r\n"
}

func streaming(t testing.TB, kind string, length int, opts ...func(*http.Request)) (*sigv4.Signed, *http.Request) {
	t.Helper()
	opts = append(opts, header("X-Amz-Content-Sha256", kind), header("X-Amz-Decoded-Content-Length", strconv.Itoa(length)))
	r := signed(t, "PUT", "http://localhost/b/k", "", "s3", opts...)
	s, err := sigv4.Verify(r, lookup, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func read(s *sigv4.Signed, body io.Reader) (string, *sigv4.Trailer, error) {
	r, trailer := s.Body(io.NopCloser(body))
	data, err := io.ReadAll(r)
	return string(data), trailer, err
}

func TestChunkedBodies(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("0123456789abcdef", 20_000)
	crc := header("X-Amz-Trailer", "x-amz-checksum-crc32c")
	t.Run("signed", func(t *testing.T) {
		t.Parallel()
		for _, size := range []int{1 << 16, 100_000, len(data)} {
			s, r := streaming(t, sigv4.StreamingPayload, len(data))
			got, _, err := read(s, iotest.HalfReader(strings.NewReader(newChunker(r).body(data, size))))
			if err != nil || got != data {
				t.Errorf("chunks of %d: %d bytes, %v", size, len(got), err)
			}
		}
	})
	t.Run("signed with trailer", func(t *testing.T) {
		t.Parallel()
		s, r := streaming(t, sigv4.StreamingPayloadTrailer, len(data), crc)
		got, trailer, err := read(s, strings.NewReader(newChunker(r).body(data, 1<<16, "x-amz-checksum-crc32c:sOO8/Q==")))
		if err != nil || got != data || trailer.Get("X-Amz-Checksum-Crc32c") != "sOO8/Q==" {
			t.Errorf("%d bytes, %v, %v", len(got), trailer, err)
		}
	})
	t.Run("unsigned with trailer", func(t *testing.T) {
		t.Parallel()
		for _, end := range []string{"\r\n", ""} {
			s, _ := streaming(t, sigv4.StreamingUnsignedTrailer, 5, crc)
			got, trailer, err := read(s, strings.NewReader("5\r\nhello\r\n0\r\nx-amz-checksum-crc32c: sOO8/Q==\r\n"+end))
			if err != nil || got != "hello" || trailer.Get("x-amz-checksum-crc32c") != "sOO8/Q==" {
				t.Errorf("%q, %v, %v", got, trailer, err)
			}
		}
	})
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		s, r := streaming(t, sigv4.StreamingPayload, 0)
		if got, _, err := read(s, strings.NewReader(newChunker(r).body("", 10))); err != nil || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Nothing signed can be altered: every single-byte change of a signed chunked
// body is refused, or leaves data and trailer as they were (a change of the
// framing's letter case, for example).
func TestChunkedBodyMutations(t *testing.T) {
	t.Parallel()
	const data = "the quick brown fox"
	s, r := streaming(t, sigv4.StreamingPayloadTrailer, len(data), header("X-Amz-Trailer", "x-amz-checksum-crc32c"))
	body := []byte(newChunker(r).body(data, 8, "x-amz-checksum-crc32c:sOO8/Q=="))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range body {
		for range 4 {
			bad := bytes.Clone(body)
			if bad[i] = byte(rng.Uint32()); bad[i] == body[i] {
				continue
			}
			got, trailer, err := read(s, bytes.NewReader(bad))
			if err == nil && (got != data || trailer.Get("x-amz-checksum-crc32c") != "sOO8/Q==") {
				t.Fatalf("byte %d: %q became %q and was believed: %q", i, body[i], bad[i], got)
			}
			if err != nil && reason(err) == 0 {
				t.Fatalf("byte %d: untyped error %v", i, err)
			}
		}
	}
	for n := range len(body) - 4 { // the last empty line may be missing
		if _, _, err := read(s, bytes.NewReader(body[:n])); err == nil {
			t.Fatalf("cut to %d of %d bytes and believed", n, len(body))
		}
	}
}

func TestChunkedRefusals(t *testing.T) {
	t.Parallel()
	trailer := header("X-Amz-Trailer", "x-amz-checksum-crc32")
	for name, c := range map[string]struct {
		body   string
		length int
		want   sigv4.Reason
	}{
		"no size":              {"\r\n", 5, sigv4.ReasonMalformedChunk},
		"size no number":       {"xyz\r\n", 5, sigv4.ReasonMalformedChunk},
		"size overflows":       {"ffffffffffffffff\r\n", 5, sigv4.ReasonMalformedChunk},
		"endless head":         {"5;" + strings.Repeat("a", 300) + "\r\nhello", 5, sigv4.ReasonMalformedChunk},
		"endless line":         {strings.Repeat("5", 100_000), 5, sigv4.ReasonMalformedChunk},
		"data too long":        {"5\r\nhello!\r\n0\r\n\r\n", 5, sigv4.ReasonMalformedChunk},
		"truncated":            {"5\r\nhel", 5, sigv4.ReasonIncompleteBody},
		"more than announced":  {"6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n", 5, sigv4.ReasonIncompleteBody},
		"less than announced":  {"4\r\nhell\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n", 5, sigv4.ReasonIncompleteBody},
		"trailer missing":      {"5\r\nhello\r\n0\r\n\r\n", 5, sigv4.ReasonMalformedTrailer},
		"trailer no header":    {"5\r\nhello\r\n0\r\nnonsense\r\n\r\n", 5, sigv4.ReasonMalformedTrailer},
		"trailer twice":        {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\nx-amz-checksum-crc32:y\r\n\r\n", 5, sigv4.ReasonMalformedTrailer},
		"trailer without end":  {"5\r\nhello\r\n0\r\n" + strings.Repeat("a: b\r\nb: c\r\n", 1000), 5, sigv4.ReasonMalformedTrailer},
		"trailer of one large": {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + strings.Repeat("x", 9000) + "\r\n\r\n", 5, sigv4.ReasonMalformedChunk},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := streaming(t, sigv4.StreamingUnsignedTrailer, c.length, trailer)
			if _, _, err := read(s, strings.NewReader(c.body)); reason(err) != c.want {
				t.Errorf("reason %d, %v", reason(err), err)
			}
		})
	}
}

func TestBodyPassesReadErrorsOn(t *testing.T) {
	t.Parallel()
	s, _ := streaming(t, sigv4.StreamingUnsignedTrailer, 5)
	broken := errors.New("connection reset")
	if _, _, err := read(s, io.MultiReader(strings.NewReader("5\r\nhe"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
