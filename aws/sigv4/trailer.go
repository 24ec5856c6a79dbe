package sigv4

import (
	"errors"
	"io"
	"strings"
)

// end reads what follows the last chunk and answers io.EOF when all is well.
func (c *chunkReader) end() error {
	values := map[string]string{}
	var signature string
	var total int
	signedText := []byte{}
	for {
		line, err := c.line(maxTrailer)
		if f := (*Failure)(nil); errors.As(err, &f) && f.Reason == ReasonIncompleteBody {
			break // some clients leave out the last empty line
		} else if err != nil {
			return err
		}
		if total += len(line) + 2; total > maxTrailer {
			return malformedTrailer("it is larger than %d bytes", maxTrailer)
		}
		if len(line) == 0 {
			if c.withTrailer && c.verify && signature == "" {
				continue // some clients put an empty line before the signature
			}
			break
		}
		name, value, ok := strings.Cut(string(line), ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || !c.withTrailer || name == "" {
			return malformedTrailer("unexpected line %q", line)
		}
		if name == trailerKey {
			signature = value
			continue
		}
		if _, twice := values[name]; twice || signature != "" {
			return malformedTrailer("header %q is misplaced", name)
		}
		values[name] = value
		signedText = append(signedText, name+":"+value+"\n"...)
	}
	for _, name := range c.signed.Trailers {
		if _, ok := values[name]; !ok && c.withTrailer {
			return malformedTrailer("the announced header %q is missing", name)
		}
	}
	if c.withTrailer && c.verify {
		b := appendStringToSign(make([]byte, 0, 512), "AWS4-HMAC-SHA256-TRAILER", c.signed.date, c.signed.scope)
		b = append(b, c.previous...)
		b = append(b, '\n')
		c.hash.Write(signedText)
		if b = c.appendHash(b); !c.matches(b, signature) {
			return chunkMismatch()
		}
	}
	c.trailer.values = values
	return io.EOF
}
