package clientenv_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/clientenv"
)

var target = clientenv.Target{
	Address: "http://127.0.0.1:4600", Region: "eu-west-1", AccessKeyID: "AKIA", SecretAccessKey: "it's \\ a $ecret",
	CABundle: "/data dir/ca-bundle.pem", CACert: "/data dir/ca.pem", Pinned: edge.IsAWS,
}

func TestChanges(t *testing.T) {
	t.Parallel()
	before := []string{
		"HOME=/home/me", "AWS_PROFILE=work", "AWS_SESSION_TOKEN=t", "AWS_ENDPOINT_URL_S3=http://elsewhere",
		"AWS_USE_FIPS_ENDPOINT=true", "HTTPS_PROXY=http://company:3128", "NO_PROXY=intranet, .amazonaws.com,localhost,*", "no_proxy=10.0.0.0/8",
	}
	got := clientenv.Apply(before, clientenv.Changes(target, before))
	want := []string{
		"HOME=/home/me",
		"AWS_ACCESS_KEY_ID=AKIA", "AWS_CA_BUNDLE=/data dir/ca-bundle.pem", "AWS_DEFAULT_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=http://127.0.0.1:4600", "AWS_REGION=eu-west-1", `AWS_SECRET_ACCESS_KEY=it's \ a $ecret`,
		"CURL_CA_BUNDLE=/data dir/ca-bundle.pem", "HTTPS_PROXY=http://127.0.0.1:4600", "NODE_EXTRA_CA_CERTS=/data dir/ca.pem",
		"NO_PROXY=127.0.0.1,localhost,::1,intranet,10.0.0.0/8", "REQUESTS_CA_BUNDLE=/data dir/ca-bundle.pem", "SSL_CERT_FILE=/data dir/ca-bundle.pem",
		"https_proxy=http://127.0.0.1:4600", "no_proxy=127.0.0.1,localhost,::1,intranet,10.0.0.0/8",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if again := clientenv.Apply(got, clientenv.Changes(target, got)); !slices.Equal(again, want) {
		t.Errorf("a second time changes\n%s", strings.Join(again, "\n"))
	}
}

// Whatever a value holds, the shell gets exactly that.
func TestScriptInARealShell(t *testing.T) {
	t.Parallel()
	changes := clientenv.Changes(target, nil)
	for _, shell := range clientenv.Shells {
		program := map[string]string{"sh": "sh", "fish": "fish", "powershell": "pwsh"}[shell]
		path, err := exec.LookPath(program)
		if err != nil {
			t.Logf("%s is not installed", program)
			continue
		}
		script, err := clientenv.Script(shell, changes)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, "-c", script+"\nprintenv AWS_SECRET_ACCESS_KEY; printenv AWS_PROFILE; true")
		cmd.Env = []string{"PATH=/usr/bin:/bin", "AWS_PROFILE=work"}
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != target.SecretAccessKey+"\n" {
			t.Errorf("%s: %q, %v", shell, out, err)
		}
	}
	if _, err := clientenv.Script("tcsh", changes); err == nil || !strings.Contains(err.Error(), "powershell") {
		t.Errorf("unknown shell: %v", err)
	}
}
