package javare_test

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/a2iruntime"
	"github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/api/ecr"
	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	"github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/validate/javare"
)

var allServices = []*schema.Service{
	sagemaker.Service, sagemakerruntime.Service, featurestoreruntime.Service, a2iruntime.Service,
	sagemakermetrics.Service, sts.Service, iam.Service, logs.Service, monitoring.Service, ecr.Service, autoscaling.Service,
}

// everyShape visits every shape that the operations of all services reach.
func everyShape(visit func(*schema.Shape)) {
	seen := map[*schema.Shape]bool{}
	var walk func(*schema.Shape)
	walk = func(s *schema.Shape) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		visit(s)
		walk(s.Elem)
		walk(s.Key)
		for _, m := range s.Members {
			walk(m.Shape)
		}
	}
	for _, svc := range allServices {
		for _, op := range svc.Operations {
			walk(op.Input)
			walk(op.Output)
		}
	}
}

func TestEveryPatternCompiles(t *testing.T) {
	t.Parallel()
	count, around := map[string]bool{}, 0
	everyShape(func(s *schema.Shape) {
		if s.Pattern == "" || count[s.Pattern] {
			return
		}
		count[s.Pattern] = true
		if _, err := javare.Compile(s.Pattern); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if _, looks, err := javare.Translate(s.Pattern); err == nil && looks {
			around++
		}
	})
	t.Logf("%d patterns, %d of them look around", len(count), around)
	if len(count) < 150 {
		t.Errorf("only %d patterns found", len(count))
	}
}

func TestPatternMeansWhatJavaMeans(t *testing.T) {
	t.Parallel()
	surrogates := `[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`
	long := strings.Repeat("a", 1500)
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		// The whole value must match.
		{`[a-z]+`, "abc", true},
		{`[a-z]+`, "abc1", false},
		{`[a-z]+`, "abc\n", false},
		{`^[a-z]+$`, "abc\n", false},
		{`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`, "a-b", true},
		{`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`, "a-", false},
		{`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`, "a b", false},
		{`1|2`, "12", false},
		{`1|2`, "2", true},
		// The dot knows more line terminators than \n.
		{`.*`, "a\u2028b", false}, {`.*`, "a\rb", false}, {`.*`, "a\u0085b", false}, {`.*`, "a\x0bb", true},
		{`.+`, "a\u2029", false}, {`.+`, "ä\t", true}, {`.+`, "", false},
		{`[\S\s]*`, "a\nb", true},
		{`[\S\s]+`, "\n", true},
		// \d, \w and \s are ASCII; \s has the vertical tab.
		{`[\d]+`, "٣", false}, {`\d+`, "3", true},
		{`[\w]+`, "é", false}, {`[\w-]*`, "a-b_9", true},
		{`[\S]+`, "a\x0bb", false}, {`[\S]+`, "a\u00a0b", true},
		// POSIX properties are ASCII.
		{`\p{ASCII}*`, "a\x00\x7f", true}, {`\p{ASCII}*`, "é", false},
		{`\p{Print}+`, "a b", true}, {`\p{Print}+`, "é", false}, {`\p{Print}+`, "\t", false},
		{`\A\S[\p{Print}]*\z`, "x y", true}, {`\A\S[\p{Print}]*\z`, " y", false},
		{`arn:[\p{Alnum}\-]+:lambda:.*`, "arn:aws-cn:lambda:x", true},
		{`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, "Größe 3 Ⅷ", true}, {`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, "a;b", false},
		// UTF-16 escapes: pairs are one character, \u takes four digits only.
		{surrogates, "a😀\n", true}, {surrogates, "\x01", false}, {surrogates, "\uffff", false},
		{`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`, "plain", true},
		{`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`, "😀", false},
		{`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "/a/b/", true}, {`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "/a", false},
		// Looking around.
		{`^(?!\s*$).+`, "  x", true}, {`^(?!\s*$).+`, "   ", false},
		{`(?!^[.-])^([a-zA-Z0-9-_.]+)$`, "a.b", true}, {`(?!^[.-])^([a-zA-Z0-9-_.]+)$`, "-a", false},
		{`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, "a-b-c", true}, {`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, "a--c", false},
		{`([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)$`, "ab-c", true}, {`([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)$`, "abc-", false},
		// A repeated end is an end; counts above 1000 are counts.
		{`^([\p{L}_]*)${1,128}`, "abc", true}, {`^([\p{L}_]*)${1,128}`, "a c", false},
		{`^x/[\S]{1,2048}$`, "x/" + long, true}, {`^x/[\S]{1,2048}$`, "x/", false}, {`^x/[\S]{1,2048}$`, "x/" + long + long, false},
		{`^https://([.\-_a-zA-Z0-9]+/?){3,1016}$`, "https://" + long + "!", false}, {`^https://([.\-_a-zA-Z0-9]+/?){3,1016}$`, "https://abc", true},
		// Hyphens in classes.
		{`[a-zA-Z0-9-_+.]+`, "a-_+.9", true}, {`[-0-9a-zA-Z]+`, "-", true}, {`[\w+=,.@-]*`, "a-@", true}, {`[a-z-\w]+`, "-9", true},
		// Union of classes, and negation.
		{`[a-c[x-z]]+`, "ay", true}, {`[^ ~^:?*\[]+`, "abc", true}, {`[^ ~^:?*\[]+`, "a[", false}, {`[^:*$]*`, "a\nb", true},
	} {
		match, err := javare.Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := match(c.value); got != c.want {
			t.Errorf("%q matches %.40q: %v, want %v", c.pattern, c.value, got, c.want)
		}
	}
}

func TestTranslateRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, p := range []string{`(a`, `a)`, `[a`, `a{`, `*a`, `(a)\1`, `[a&&b]`, `a++`, `(?i)a`, `\p{Klingon}`, `[z-a]`, `a\`} {
		if _, err := javare.Compile(p); err == nil {
			t.Errorf("%s compiles", p)
		}
	}
}
