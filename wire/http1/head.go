package http1

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

const (
	// maxHead is the longest head that is read here, in bytes.
	maxHead = 16 << 10
	// maxFields is how many lines it may have.
	maxFields = 64
)

// head is what a connection keeps from one request's head to the next.
type head struct {
	url    url.URL
	header http.Header
	values [maxFields]string // what the header's lists are made of
	names  []name            // of the lines of the last head, in their order
}

// name is the name of a line as it was sent and as net/http writes it: most
// clients send the same names in the same order again and again.
type name struct{ sent, canonical string }

// parse reads a head, which is text up to and with the empty line, into r, whose
// fields are those of a new request. It takes no more than net/http does, and
// understands it in the same way; false is for whatever it does not take, well
// formed or not.
func (h *head) parse(text string, r *http.Request) bool {
	line, rest, ok := cutLine(text)
	if !ok || !h.parseLine(line, r) {
		return false
	}
	if h.header == nil {
		h.header = make(http.Header, 16)
	}
	clear(h.header)
	r.Header = h.header
	r.ContentLength = -1
	for n := 0; ; n++ {
		if line, rest, ok = cutLine(rest); !ok {
			return false
		}
		if line == "" {
			return r.ContentLength >= 0 && r.Host != "" && rest == ""
		}
		if n == maxFields || !h.field(n, line, r) {
			return false
		}
	}
}

// cutLine cuts the first line off, which must end as the standard says.
func cutLine(text string) (line, rest string, ok bool) {
	for i := range len(text) {
		// A control character is no part of any line: not an end without \r either.
		if c := text[i]; c < ' ' && c != '\t' || c >= 0x7f {
			if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				return text[:i], text[i+2:], true
			}
			return "", "", false
		}
	}
	return "", "", false
}

// parseLine reads "POST /path HTTP/1.1", of a path that is its own escaped form.
func (h *head) parseLine(line string, r *http.Request) bool {
	const before, after = http.MethodPost + " ", " HTTP/1.1"
	if len(line) < len(before)+len(after)+2 || line[:len(before)] != before || line[len(line)-len(after):] != after {
		return false
	}
	path := line[len(before) : len(line)-len(after)]
	if path[0] != '/' || path[1] == '/' {
		return false
	}
	for i := range len(path) {
		if !pathByte[path[i]] {
			return false
		}
	}
	h.url = url.URL{Path: path}
	r.Method, r.RequestURI, r.URL = http.MethodPost, path, &h.url
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	return true
}

// field takes the n-th line of the header in.
func (h *head) field(n int, line string, r *http.Request) bool {
	colon := 0
	for ; colon < len(line) && nameByte[line[colon]]; colon++ {
	}
	if colon == 0 || colon == len(line) || line[colon] != ':' {
		return false // among others what continues the line before
	}
	key, value := h.canonical(n, line[:colon]), trim(line[colon+1:])
	switch key {
	case "Host":
		if r.Host != "" || !isHost(value) {
			return false
		}
		r.Host = value // and not in the header
		return true
	case "Content-Length":
		if r.ContentLength >= 0 {
			return false
		}
		length, ok := parseLength(value)
		if !ok {
			return false
		}
		r.ContentLength = length
	case "Connection":
		if !isKeepAlive(value) {
			return false
		}
	case "Transfer-Encoding", "Expect", "Trailer", "Te", "Upgrade", "Pragma", "Http2-Settings", "Proxy-Connection", "Proxy-Authorization":
		return false
	}
	if list, twice := h.header[key]; twice {
		h.header[key] = append(list[:len(list):len(list)], value)
		return true
	}
	h.values[n] = value
	h.header[key] = h.values[n : n+1 : n+1]
	return true
}

// canonical is a name in the form that net/http gives it.
func (h *head) canonical(n int, sent string) string {
	if n < len(h.names) && h.names[n].sent == sent {
		return h.names[n].canonical
	}
	// Not a part of the head, which would be kept with it.
	k := name{sent: string([]byte(sent))}
	k.canonical = textproto.CanonicalMIMEHeaderKey(k.sent)
	h.names = append(h.names[:min(n, len(h.names))], k)
	return k.canonical
}

// isKeepAlive says whether the value asks for what is so anyway.
func isKeepAlive(s string) bool { return strings.EqualFold(s, "keep-alive") }

// isHost says whether s is a name or an address, with a port or without, written
// in bytes that mean nothing else.
func isHost(s string) bool {
	for i := range len(s) {
		if !hostByte[s[i]] {
			return false
		}
	}
	return s != ""
}

func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// parseLength reads a length of decimal digits.
func parseLength(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n, true
}
