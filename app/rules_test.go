package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/app"
)

// Common-2 and the half of Gen-9 that is about apps wait for their operations:
// until those exist, nothing that should be propagated or refused can be made. Each
// of them is refused by name; whoever builds one gives its rule a test and takes it
// out of here.
func TestRulesThatWait(t *testing.T) {
	t.Parallel()
	a := serve(t, func(c *app.Config) { c.Runner = app.RunnerFake })
	c := newClient(t, a, "123456789012", "us-east-1")
	const tags = `"Tags":[{"Key":"k","Value":"v"}]`
	for _, x := range [][3]string{
		{"Common-2", "CreateHyperParameterTuningJob", `{"HyperParameterTuningJobName":"j","HyperParameterTuningJobConfig":{"Strategy":"Random","ResourceLimits":{"MaxParallelTrainingJobs":1}},` + tags + `}`},
		{"Common-2", "CreateDomain", `{"DomainName":"d","AuthMode":"IAM","DefaultUserSettings":{},"SubnetIds":["subnet-1"],"VpcId":"vpc-1",` + tags + `}`},
		{"Common-2", "CreateUserProfile", `{"DomainId":"d-1","UserProfileName":"u",` + tags + `}`},
		{"Gen-9", "CreateApp", `{"DomainId":"d-1","UserProfileName":"u","AppName":"default","AppType":"VSCode"}`},
		{"Gen-9", "CreateApp", `{"DomainId":"d-1","UserProfileName":"u","AppName":"default","AppType":"SageMakerLite"}`},
	} {
		status, text := c.json("sagemaker", "SageMaker."+x[1], x[2])
		if status != http.StatusNotImplemented || !strings.Contains(text, "does not implement "+x[1]) {
			t.Errorf("%s: %s answers %d %s", x[0], x[1], status, text)
		}
	}
}

// Search-18: whoever may search sees the records of the account whole, whatever
// else they may do: here a role that sprang into being, with the temporary
// credentials of a session and no policy at all. Other accounts' sessions see none.
func TestSearchNeedsNoOtherPermission(t *testing.T) {
	t.Parallel()
	a := serve(t, func(c *app.Config) { c.Runner = app.RunnerFake })
	owner := newClient(t, a, "123456789012", "us-east-1")
	if status, text := owner.json("sagemaker", "SageMaker.CreateTrialComponent", `{"TrialComponentName":"`+marker+`","DisplayName":"`+marker+`-tag",`+
		`"Parameters":{"secret":{"StringValue":"`+marker+`-tag"}}}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	for account, sees := range map[string]bool{"123456789012": true, "210987654321": false} {
		c := newClient(t, a, account, "us-east-1")
		status, text := c.query("sts", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=searcher&RoleArn="+fmt.Sprintf("arn%%3Aaws%%3Aiam%%3A%%3A%s%%3Arole%%2FSearcher", account))
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
		c.creds.AccessKeyID, c.creds.SecretAccessKey, c.creds.SessionToken = between(text, "AccessKeyId"), between(text, "SecretAccessKey"), between(text, "SessionToken")
		status, text = c.json("sagemaker", "SageMaker.Search", `{"Resource":"ExperimentTrialComponent"}`)
		if status != http.StatusOK || strings.Contains(text, `"secret":{"StringValue":"`+marker+`-tag"}`) != sees {
			t.Errorf("%s: %d %s", account, status, text)
		}
	}
}

// between is the content of an XML element.
func between(text, element string) string {
	_, rest, _ := strings.Cut(text, "<"+element+">")
	content, _, _ := strings.Cut(rest, "</"+element+">")
	return content
}
