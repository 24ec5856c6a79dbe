package kit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
)

type light string

type lamp struct{ switched int }

var on = kit.Transition[light, lamp]{Name: "switch on", From: []light{"Off"}, To: "On", Apply: func(l *lamp, _ time.Time) { l.switched++ }}

func TestTransition(t *testing.T) {
	t.Parallel()
	s, l := light("Off"), lamp{}
	if err := on.Fire(&s, &l, time.Time{}); err != nil || s != "On" || l.switched != 1 {
		t.Fatalf("Fire: %v, %s, %+v", err, s, l)
	}
	var illegal *kit.IllegalTransitionError
	if err := on.Fire(&s, &l, time.Time{}); !errors.As(err, &illegal) || s != "On" || l.switched != 1 {
		t.Fatalf("a second Fire must change nothing: %v, %s, %+v", err, s, l)
	}
}

// Gen-5: tokens are opaque, bound to their filters, and garbage is refused.
func TestTokens(t *testing.T) {
	t.Parallel()
	tokens := kit.NewTokens([]byte("secret"))
	token, err := tokens.Seal(map[string]int{"n": 7}, "ListThings", "filter")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]int
	if err := tokens.Open(token, &got, "ListThings", "filter"); err != nil || got["n"] != 7 {
		t.Fatalf("Open: %v, %v", err, got)
	}
	for name, bad := range map[string]func() error{
		"other filter": func() error { return tokens.Open(token, &got, "ListThings", "other") },
		"garbage":      func() error { return tokens.Open("garbage!", &got, "ListThings", "filter") },
		"empty":        func() error { return tokens.Open("", &got, "ListThings", "filter") },
		"flipped":      func() error { return tokens.Open("A"+token[1:]+"A", &got, "ListThings", "filter") },
		"other key":    func() error { return kit.NewTokens([]byte("x")).Open(token, &got, "ListThings", "filter") },
	} {
		if err := bad(); aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("%s: %v", name, err)
		}
	}
}
