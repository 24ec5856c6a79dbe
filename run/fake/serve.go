package fake

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"time"
)

// serves says whether a program is the server of a model.
func serves(args []string, env map[string]string) bool {
	switch env["FAKE_SERVE"] {
	case "0":
		return false
	case "1":
		return true
	}
	return len(args) > 0 && args[0] == "serve"
}

// portOf is where such a server listens (CreateModel, "serve" on port 8080).
func portOf(env map[string]string) int {
	port, _ := strconv.Atoi(env["SAGEMAKER_BIND_TO_PORT"])
	return cmp.Or(port, 8080)
}

// serve lets the program answer requests until end is called, which breaks what
// is not answered yet.
func (p *program) serve() (end func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) {
		p.respond(w, r, "FAKE_PING_DELAY", "FAKE_PING_STATUS", nil)
	})
	mux.HandleFunc("POST /invocations", p.invoke)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	opened := time.AfterFunc(duration(p.env["FAKE_SERVE_AFTER"]), func() {
		p.door.open(portOf(p.env))
		server.Serve(p.door) // until it is closed
	})
	return func() {
		opened.Stop()
		p.door.Close()
		server.Close()
	}
}

// invoke answers with what a variable says, or with the request's own body.
func (p *program) invoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	if fixed, ok := p.env["FAKE_INVOKE_RESPONSE"]; ok {
		body = []byte(fixed)
	}
	if kind := cmp.Or(p.env["FAKE_INVOKE_TYPE"], r.Header.Get("Content-Type")); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	p.respond(w, r, "FAKE_INVOKE_DELAY", "FAKE_INVOKE_STATUS", body)
}

// respond answers after the delay, unless the client has gone.
func (p *program) respond(w http.ResponseWriter, r *http.Request, delay, status string, body []byte) {
	select {
	case <-time.After(duration(p.env[delay])):
	case <-r.Context().Done():
		return
	}
	code, _ := strconv.Atoi(p.env[status])
	if code < 200 || code > 599 {
		code = http.StatusOK
	}
	w.WriteHeader(code)
	w.Write(body)
}
