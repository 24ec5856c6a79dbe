package codec

import (
	"fmt"
	"net/url"
	"strings"
)

// MatchPath matches an escaped URL path against an operation's template, such
// as "/endpoints/{EndpointName}/invocations", and answers the unescaped labels
// by name. A label fills one segment, "{Key+}" the rest of the path. ok is
// false when the path does not fit; an empty label does not.
func MatchPath(template, escapedPath string) (labels map[string]string, ok bool) {
	template, _, _ = strings.Cut(template, "?")
	want := strings.Split(strings.Trim(template, "/"), "/")
	have := strings.Split(strings.Trim(escapedPath, "/"), "/")
	for i, segment := range want {
		name, label := strings.CutPrefix(segment, "{")
		if !label {
			if i >= len(have) || have[i] != segment {
				return nil, false
			}
			continue
		}
		if i >= len(have) || have[i] == "" {
			return nil, false
		}
		text := have[i]
		name = strings.TrimSuffix(name, "}")
		if rest, greedy := strings.CutSuffix(name, "+"); greedy {
			name, text = rest, strings.Join(have[i:], "/")
			have = have[:i+1]
		}
		value, err := url.PathUnescape(text)
		if err != nil {
			return nil, false
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[name] = value
	}
	return labels, len(have) == len(want)
}

// buildPath fills a template with escaped labels.
func buildPath(template string, labels map[string]string) (string, error) {
	template, _, _ = strings.Cut(template, "?")
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		name, label := strings.CutPrefix(segment, "{")
		if !label {
			continue
		}
		name, greedy := strings.CutSuffix(strings.TrimSuffix(name, "}"), "+")
		value := labels[name]
		if value == "" {
			return "", fmt.Errorf("codec: the path %s needs %s", template, name)
		}
		if greedy {
			parts := strings.Split(value, "/")
			for j := range parts {
				parts[j] = url.PathEscape(parts[j])
			}
			segments[i] = strings.Join(parts, "/")
			continue
		}
		segments[i] = url.PathEscape(value)
	}
	return strings.Join(segments, "/"), nil
}
