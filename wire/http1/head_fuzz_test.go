package http1

import (
	"bufio"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// usual is a head as SDKs send it.
const usual = "POST /endpoints/my-endpoint/invocations HTTP/1.1\r\nHost: runtime.sagemaker.us-east-1.amazonaws.com:8080\r\n" +
	"Accept-Encoding: identity\r\nContent-Type: text/csv\r\nUser-Agent: Boto3/1.40 md/Botocore#1.40 (x; y)\r\n" +
	"x-amzn-sagemaker-target-variant:blue\r\nX-Amz-Date: 20261126T000000Z\r\nContent-Length: 3\r\n\r\n"

// heads are what a head may be, and whether it is taken here.
var heads = [...]struct {
	what, text string
	taken      bool
}{
	{"usual", usual, true},
	{"of boto3", "POST /endpoints/my-endpoint/invocations HTTP/1.1\r\nHost: 127.0.0.1:56035\r\nAccept-Encoding: identity\r\nContent-Type: text/csv\r\n" +
		"User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython m/E,N,e,b,Z cfg/retry-mode#standard Botocore/1.44.5\r\n" +
		"X-Amz-Date: 20261127T000249Z\r\nX-Amz-Security-Token: t\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261127/us-east-1/sagemaker/aws4_request, " +
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=cb8a8541d3d01ad44517dd471845b0b92dfdfdc4e997a2d4e113d4bfac559cb6\r\n" +
		"amz-sdk-invocation-id: 10d7258d-8c05-456f-a40a-904098829843\r\namz-sdk-request: attempt=1; max=3\r\nContent-Length: 3\r\n\r\n", true},
	{"names in any case", "POST /a HTTP/1.1\r\nhOST: x\r\ncontent-LENGTH: 0\r\nx_y: 1\r\n\r\n", true},
	{"blanks around a value", "POST /a HTTP/1.1\r\nHost:x \r\nContent-Length: \t5 \t\r\nEmpty:\r\n\r\n", true},
	{"a name twice", "POST /a HTTP/1.1\r\nHost: x\r\nB: 1\r\nContent-Length: 5\r\nC: 2\r\nb: 3\r\n\r\n", true},
	{"keep-alive", "POST /a HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\n", true},
	{"zeros before a length", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0005\r\n\r\n", true},
	{"another method", "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"HTTP/1.0", "POST /a HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"two blanks", "POST  /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"absolute form", "POST http://x/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"no path", "POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"a path that begins with a host", "POST //a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"a query", "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"escapes", "POST /%61 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"no host", "POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", false},
	{"two hosts", "POST /a HTTP/1.1\r\nHost: x\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"an empty host", "POST /a HTTP/1.1\r\nHost:\r\nContent-Length: 0\r\n\r\n", false},
	{"a host with a path", "POST /a HTTP/1.1\r\nHost: x/y\r\nContent-Length: 0\r\n\r\n", false},
	{"no length", "POST /a HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"two lengths", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false},
	{"the same length twice", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", false},
	{"a list of lengths", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", false},
	{"a length with a sign", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", false},
	{"a length in hex", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n", false},
	{"a length that fits nothing", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999\r\n\r\n", false},
	{"length and chunks", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false},
	{"chunks", "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", false},
	{"chunks in disguise", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding : chunked\r\n\r\n", false},
	{"more disguise", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding\x0b: chunked\r\n\r\n", false},
	{"Expect", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", false},
	{"Connection: close", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", false},
	{"Upgrade", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", false},
	{"a line that goes on", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\n", false},
	{"a first line that goes on", "POST /a HTTP/1.1\r\n Host: x\r\nContent-Length: 1\r\n\r\n", false},
	{"a line end without CR", "POST /a HTTP/1.1\nHost: x\r\nContent-Length: 1\r\n\r\n", false},
	{"a line end without LF", "POST /a HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 1\r\n\r\n", false},
	{"two CR", "POST /a HTTP/1.1\r\nHost: x\r\r\nContent-Length: 1\r\n\r\n", false},
	{"a zero byte", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nA: \x00\r\n\r\n", false},
	{"other characters", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nA: \xc3\xa4\r\n\r\n", false},
	{"no name", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n: b\r\n\r\n", false},
	{"no colon", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nb\r\n\r\n", false},
	{"an empty line before", "\r\nPOST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", false},
	{"too many lines", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" + strings.Repeat("A: b\r\n", maxFields) + "\r\n", false},
	{"cut short", usual[:len(usual)-2], false},
	{"nothing", "", false},
}

func TestHeads(t *testing.T) {
	t.Parallel()
	for _, h := range heads {
		if taken := understood(t, new(head), h.text); taken != h.taken {
			t.Errorf("%s: taken: %t", h.what, taken)
		}
	}
	// What one head leaves behind changes nothing for the next.
	kept := new(head)
	for range 2 {
		for _, h := range heads {
			if taken := understood(t, kept, h.text); taken != h.taken {
				t.Errorf("%s after others: taken: %t", h.what, taken)
			}
		}
	}
}

// FuzzHead: what is taken here is taken by net/http, and is the same request there.
func FuzzHead(f *testing.F) {
	for _, h := range heads {
		f.Add(h.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept := new(head)
		understood(t, kept, usual)
		understood(t, kept, text)
	})
}

// understood says whether the head is taken, and holds it against net/http then.
func understood(t testing.TB, h *head, text string) bool {
	t.Helper()
	var got http.Request
	if !h.parse(text, &got) {
		return false
	}
	if i := strings.Index(text, "\r\n\r\n"); i+4 != len(text) {
		t.Errorf("%q ends at %d", text, i)
	}
	r := bufio.NewReader(strings.NewReader(text))
	want, err := http.ReadRequest(r)
	if err != nil {
		t.Errorf("%q: net/http: %v", text, err)
		return true
	}
	if r.Buffered() > 0 && want.ContentLength == 0 {
		t.Errorf("%q: net/http leaves %d bytes", text, r.Buffered())
	}
	want.Body = nil
	if *got.URL != *want.URL || !reflect.DeepEqual(got.Header, want.Header) {
		t.Errorf("%q:\n%v %v, want\n%v %v", text, got.URL, got.Header, want.URL, want.Header)
	}
	got.URL, got.Header = want.URL, want.Header
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("%q:\n%#v, want\n%#v", text, &got, want)
	}
	return true
}
