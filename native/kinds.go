package native

import (
	"net/http"
	"os"
	"strings"
)

// Media types.
const (
	textCSV   = "text/csv"
	inJSON    = "application/json"
	jsonLines = "application/jsonlines"
)

// base is a content type without its parameters, and parameter one of them.
func base(kind string) string {
	name, _, _ := strings.Cut(kind, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

func parameter(kind, name, without string) string {
	_, rest, _ := strings.Cut(strings.ToLower(kind), ";")
	for part := range strings.SplitSeq(rest, ";") {
		if key, value, _ := strings.Cut(part, "="); strings.TrimSpace(key) == name {
			without = strings.TrimSpace(value)
		}
	}
	return without
}

// choose is the first acceptable type that is offered, as the images choose it.
func choose(header string, offered ...string) (string, error) {
	if header == "" {
		header = "*/*"
	}
	for item := range strings.SplitSeq(header, ",") {
		kind := base(item)
		if kind == "*/*" || kind == "" {
			if kind := base(os.Getenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT")); kind != "" {
				return kind, nil
			}
			return offered[0], nil
		}
		for _, o := range offered {
			if kind == o {
				return kind, nil
			}
		}
	}
	return "", refuse(http.StatusNotAcceptable, "Accept is %s; this model answers %s.", header, strings.Join(offered, ", "))
}
