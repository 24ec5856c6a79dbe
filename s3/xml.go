package s3

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"
)

// namespace is that of S3's documents.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// maxDepth bounds the nesting of request documents.
const maxDepth = 16

// text is a key in a listing, which may hold bytes that XML 1.0 does not allow.
// Like S3 it writes them as character references, which most parsers refuse:
// better than a listing of keys that do not exist. Clients that store such keys
// ask for encoding-type=url. In all other documents encoding/xml replaces such
// bytes by U+FFFD, so that the rest of the answer stays readable.
type text string

// MarshalXML implements xml.Marshaler.
func (t text) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	var b strings.Builder
	for _, r := range string(t) {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < 0x20, r == 0x7f, r == 0xfffe, r == 0xffff:
			b.WriteString("&#x" + strconv.FormatInt(int64(r), 16) + ";")
		default:
			b.WriteRune(r)
		}
	}
	return e.EncodeElement(struct {
		S string `xml:",innerxml"`
	}{b.String()}, start)
}

// timestamp is a time as S3's documents write it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// writeXML answers a document.
func (q *request) writeXML(status int, doc any) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(doc); err != nil {
		q.h.options.Logger.Error("s3 answer not written", "id", q.id, "err", err)
		q.w.WriteHeader(500)
		return
	}
	q.w.Header().Set("Content-Type", "application/xml")
	q.w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	q.w.WriteHeader(status)
	q.w.Write(b.Bytes())
}

// parseXML reads one document whose root is the named element. Nesting is
// bounded; directives (and with them entity definitions) are refused.
func parseXML(data []byte, root string, into any) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, seen := 0, false
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return codeError("MalformedXML")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth || depth == 1 && (seen || t.Name.Local != root) {
				return codeError("MalformedXML")
			}
			seen = true
		case xml.EndElement:
			depth--
		case xml.Directive:
			return codeError("MalformedXML")
		}
	}
	if !seen || xml.Unmarshal(data, into) != nil {
		return codeError("MalformedXML")
	}
	return nil
}
