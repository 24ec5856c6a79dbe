package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/app"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// open builds a server on a free port, without serving yet.
func open(t testing.TB, change ...func(*app.Config)) *app.App {
	t.Helper()
	config := app.Config{
		Listen: "127.0.0.1:0", DataDir: filepath.Join(t.TempDir(), "data"), CacheDir: t.TempDir(),
		AccountID: "123456789012", Region: "us-east-1",
	}
	for _, c := range change {
		c(&config)
	}
	a, err := app.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// serve runs it until the test ends.
func serve(t testing.TB, change ...func(*app.Config)) *app.App {
	t.Helper()
	a := open(t, change...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return a
}

// client signs requests with one key in one region.
type client struct {
	t      *testing.T
	base   string
	region string
	creds  sigv4.Credentials
}

func newClient(t *testing.T, a *app.App, account, region string) *client {
	t.Helper()
	key, err := a.Keys().Create(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t, "http://" + a.Addr(), region, sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}}
}

func (c *client) do(service string, r *http.Request, body string) (int, string) {
	c.t.Helper()
	sigv4.Sign(r, c.creds, service, c.region, fmt.Sprintf("%x", sha256.Sum256([]byte(body))), time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (c *client) request(method, path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// json calls an operation of a JSON 1.1 service.
func (c *client) json(service, target, body string) (int, string) {
	c.t.Helper()
	r := c.request(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	return c.do(service, r, body)
}

// rest calls an operation of SageMaker's services that speak REST-JSON.
func (c *client) rest(method, path, body string) (int, string) {
	c.t.Helper()
	r := c.request(method, path, body)
	r.Header.Set("Content-Type", "application/json")
	return c.do("sagemaker", r, body)
}

// query calls an operation of a query service.
func (c *client) query(service, body string) (int, string) {
	c.t.Helper()
	r := c.request(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return c.do(service, r, body)
}

// s3 sends one S3 request.
func (c *client) s3(method, path, body string) (int, string) {
	c.t.Helper()
	return c.do("s3", c.request(method, path, body), body)
}

// marker is in every name that the owner makes, so that whatever a stranger
// sees of the owner's shows.
const marker = "owners-own"

const job = `{"TrainingJobName":"` + marker + `","RoleArn":"arn:aws:iam::%s:role/` + marker + `",
	"AlgorithmSpecification":{"TrainingImage":"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1","TrainingInputMode":"File"},
	"OutputDataConfig":{"S3OutputPath":"s3://` + marker + `/out"},"Tags":[{"Key":"k","Value":"` + marker + `-tag"}],
	"ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":1},"StoppingCondition":{"MaxRuntimeInSeconds":1}}`

// algorithm is made by the owner, who describes it, and by strangers, who may use
// the name too.
const algorithm = `{"AlgorithmName":"` + marker + `","AlgorithmDescription":"%s","TrainingSpecification":{
	"TrainingImage":"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1","SupportedTrainingInstanceTypes":["ml.m5.large"],
	"TrainingChannels":[{"Name":"train","SupportedContentTypes":["text/csv"],"SupportedInputModes":["File"]}]}}`

const arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/" + marker

// ownersArtifact is the owner's artifact, whose id follows from its source.
const ownersArtifact = "arn:aws:sagemaker:us-east-1:123456789012:artifact/6261282cd66e6be7ec44a47fa11e7b0c"

// probes call every implemented operation as a stranger would who knows the
// owner's names. The answer must not show anything of the owner's beyond what
// the stranger sent, which answers that echo may.
var probes = map[string]func(c *client) (int, string){
	"sagemaker.CreateTrainingJob": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateTrainingJob", fmt.Sprintf(job, "210987654321"))
	},
	"sagemaker.CreateAlgorithm": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateAlgorithm", fmt.Sprintf(algorithm, "a stranger's"))
	},
	"sagemaker.DescribeAlgorithm": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeAlgorithm", `{"AlgorithmName":"arn:aws:sagemaker:us-east-1:123456789012:algorithm/`+marker+`"}`)
	},
	"sagemaker.ListAlgorithms": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListAlgorithms", `{"NameContains":"`+marker+`"}`)
	},
	"sagemaker.DeleteAlgorithm": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteAlgorithm", `{"AlgorithmName":"`+marker+`"}`)
	},
	"sagemaker.DescribeTrainingJob": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeTrainingJob", `{"TrainingJobName":"`+marker+`"}`)
	},
	"sagemaker.StopTrainingJob": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.StopTrainingJob", `{"TrainingJobName":"`+marker+`"}`)
	},
	"sagemaker.UpdateTrainingJob": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateTrainingJob", `{"TrainingJobName":"`+marker+`","ResourceConfig":{"KeepAlivePeriodInSeconds":1}}`)
	},
	"sagemaker.ListTrainingJobs": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListTrainingJobs", `{}`)
	},
	"sagemaker.CreateTrial": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateTrial", `{"ExperimentName":"`+marker+`","TrialName":"strangers"}`)
	},
	"sagemaker.DescribeExperiment": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeExperiment", `{"ExperimentName":"`+marker+`"}`)
	},
	"sagemaker.UpdateExperiment": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateExperiment", `{"ExperimentName":"`+marker+`","DisplayName":"x"}`)
	},
	"sagemaker.ListExperiments": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListExperiments", `{}`)
	},
	"sagemaker.DescribeTrial": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeTrial", `{"TrialName":"`+marker+`"}`)
	},
	"sagemaker.UpdateTrial": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateTrial", `{"TrialName":"`+marker+`","DisplayName":"x"}`)
	},
	"sagemaker.ListTrials": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListTrials", `{}`)
	},
	"sagemaker.DescribeTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeTrialComponent", `{"TrialComponentName":"arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/`+marker+`"}`)
	},
	"sagemaker.UpdateTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateTrialComponent", `{"TrialComponentName":"`+marker+`","DisplayName":"x"}`)
	},
	"sagemaker.ListTrialComponents": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListTrialComponents", `{}`)
	},
	"sagemaker.AssociateTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.AssociateTrialComponent", `{"TrialName":"`+marker+`","TrialComponentName":"`+marker+`"}`)
	},
	"sagemaker.DisassociateTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DisassociateTrialComponent", `{"TrialName":"`+marker+`","TrialComponentName":"`+marker+`"}`)
	},
	"sagemaker.DeleteTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteTrialComponent", `{"TrialComponentName":"`+marker+`"}`)
	},
	"sagemaker.DeleteTrial": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteTrial", `{"TrialName":"`+marker+`"}`)
	},
	"sagemaker.DeleteExperiment": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteExperiment", `{"ExperimentName":"`+marker+`"}`)
	},
	"sagemaker.CreateExperiment": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateExperiment", `{"ExperimentName":"`+marker+`"}`)
	},
	"sagemaker.CreateTrialComponent": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateTrialComponent", `{"TrialComponentName":"`+marker+`"}`)
	},
	"sagemakerruntime.InvokeEndpoint": func(c *client) (int, string) {
		return c.rest(http.MethodPost, "/endpoints/"+marker+"/invocations", "x")
	},
	"sagemakerruntime.InvokeEndpointWithResponseStream": func(c *client) (int, string) {
		return c.rest(http.MethodPost, "/endpoints/"+marker+"/invocations-response-stream", "x")
	},
	"sagemakermetrics.BatchPutMetrics": func(c *client) (int, string) {
		return c.rest(http.MethodPut, "/BatchPutMetrics", `{"TrialComponentName":"`+marker+`","MetricData":[{"MetricName":"m","Timestamp":`+fmt.Sprint(time.Now().Unix())+`,"Value":2}]}`)
	},
	"sagemakermetrics.BatchGetMetrics": func(c *client) (int, string) {
		return c.rest(http.MethodPost, "/BatchGetMetrics", `{"MetricQueries":[{"MetricName":"m","ResourceArn":"arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/`+marker+`",
			"MetricStat":"Max","Period":"IterationNumber","XAxisType":"IterationNumber"}]}`)
	},
	"sagemaker.Search": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.Search", `{"Resource":"TrainingJob"}`)
	},
	"sagemaker.GetSearchSuggestions": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.GetSearchSuggestions", `{"Resource":"TrainingJob"}`)
	},
	"sagemaker.AddTags": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.AddTags", `{"ResourceArn":"`+arn+`","Tags":[{"Key":"a","Value":"b"}]}`)
	},
	"sagemaker.ListTags": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListTags", `{"ResourceArn":"`+arn+`"}`)
	},
	"sagemaker.DeleteTags": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteTags", `{"ResourceArn":"`+arn+`","TagKeys":["k"]}`)
	},
	"sagemaker.CreateArtifact": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateArtifact", `{"ArtifactName":"`+marker+`","ArtifactType":"x","Source":{"SourceUri":"`+marker+`"}}`)
	},
	"sagemaker.DescribeArtifact": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeArtifact", `{"ArtifactArn":"`+ownersArtifact+`"}`)
	},
	"sagemaker.UpdateArtifact": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateArtifact", `{"ArtifactArn":"`+ownersArtifact+`","ArtifactName":"strangers"}`)
	},
	"sagemaker.DeleteArtifact": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteArtifact", `{"ArtifactArn":"`+ownersArtifact+`"}`)
	},
	"sagemaker.ListArtifacts": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListArtifacts", `{"SourceUri":"`+marker+`"}`)
	},
	"sagemaker.CreateAction": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateAction", `{"ActionName":"`+marker+`","ActionType":"x","Source":{"SourceUri":"`+marker+`"}}`)
	},
	"sagemaker.DescribeAction": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeAction", `{"ActionName":"arn:aws:sagemaker:us-east-1:123456789012:action/`+marker+`"}`)
	},
	"sagemaker.UpdateAction": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateAction", `{"ActionName":"`+marker+`","Description":"strangers"}`)
	},
	"sagemaker.DeleteAction": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteAction", `{"ActionName":"`+marker+`"}`)
	},
	"sagemaker.ListActions": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListActions", `{}`)
	},
	"sagemaker.CreateContext": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.CreateContext", `{"ContextName":"`+marker+`","ContextType":"x","Source":{"SourceUri":"`+marker+`"}}`)
	},
	"sagemaker.DescribeContext": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeContext", `{"ContextName":"arn:aws:sagemaker:us-east-1:123456789012:context/`+marker+`"}`)
	},
	"sagemaker.UpdateContext": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.UpdateContext", `{"ContextName":"`+marker+`","Description":"strangers"}`)
	},
	"sagemaker.DeleteContext": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteContext", `{"ContextName":"`+marker+`"}`)
	},
	"sagemaker.ListContexts": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListContexts", `{}`)
	},
	"sagemaker.AddAssociation": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.AddAssociation", `{"SourceArn":"arn:aws:sagemaker:us-east-1:123456789012:context/`+marker+`","DestinationArn":"arn:aws:sagemaker:us-east-1:123456789012:action/`+marker+`"}`)
	},
	"sagemaker.DeleteAssociation": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DeleteAssociation", `{"SourceArn":"arn:aws:sagemaker:us-east-1:123456789012:action/`+marker+`","DestinationArn":"arn:aws:sagemaker:us-east-1:123456789012:context/`+marker+`"}`)
	},
	"sagemaker.ListAssociations": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListAssociations", `{}`)
	},
	"sagemaker.QueryLineage": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.QueryLineage", `{"IncludeEdges":true}`)
	},
	"sagemaker.ListLineageGroups": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.ListLineageGroups", `{}`)
	},
	"sagemaker.DescribeLineageGroup": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.DescribeLineageGroup", `{"LineageGroupName":"sagemaker-default-lineage-group"}`)
	},
	"sagemaker.GetLineageGroupPolicy": func(c *client) (int, string) {
		return c.json("sagemaker", "SageMaker.GetLineageGroupPolicy", `{"LineageGroupName":"arn:aws:sagemaker:us-east-1:123456789012:lineage-group/sagemaker-default-lineage-group"}`)
	},
	"logs.DescribeLogGroups": func(c *client) (int, string) {
		return c.json("logs", "Logs_20140328.DescribeLogGroups", `{}`)
	},
	"logs.DescribeLogStreams": func(c *client) (int, string) {
		return c.json("logs", "Logs_20140328.DescribeLogStreams", `{"logGroupName":"/aws/sagemaker/TrainingJobs"}`)
	},
	"logs.GetLogEvents": func(c *client) (int, string) {
		return c.json("logs", "Logs_20140328.GetLogEvents", `{"logGroupName":"/aws/sagemaker/TrainingJobs","logStreamName":"`+marker+`/algo-1-0"}`)
	},
	"logs.FilterLogEvents": func(c *client) (int, string) {
		return c.json("logs", "Logs_20140328.FilterLogEvents", `{"logGroupName":"/aws/sagemaker/TrainingJobs"}`)
	},
	"monitoring.PutMetricAlarm": func(c *client) (int, string) {
		return c.query("monitoring", "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=strangers&Namespace=n&MetricName=m&Period=60&Statistic=Sum&EvaluationPeriods=1&Threshold=1&ComparisonOperator=GreaterThanThreshold")
	},
	"monitoring.DescribeAlarms": func(c *client) (int, string) {
		return c.query("monitoring", "Action=DescribeAlarms&Version=2010-08-01")
	},
	"monitoring.DescribeAlarmsForMetric": func(c *client) (int, string) {
		return c.query("monitoring", "Action=DescribeAlarmsForMetric&Version=2010-08-01&Namespace=owners-namespace&MetricName=m")
	},
	"monitoring.DescribeAlarmHistory": func(c *client) (int, string) {
		return c.query("monitoring", "Action=DescribeAlarmHistory&Version=2010-08-01")
	},
	"monitoring.SetAlarmState": func(c *client) (int, string) {
		return c.query("monitoring", "Action=SetAlarmState&Version=2010-08-01&AlarmName="+marker+"-alarm&StateValue=OK&StateReason=r")
	},
	"monitoring.EnableAlarmActions": func(c *client) (int, string) {
		return c.query("monitoring", "Action=EnableAlarmActions&Version=2010-08-01&AlarmNames.member.1="+marker+"-alarm")
	},
	"monitoring.DisableAlarmActions": func(c *client) (int, string) {
		return c.query("monitoring", "Action=DisableAlarmActions&Version=2010-08-01&AlarmNames.member.1="+marker+"-alarm")
	},
	"monitoring.DeleteAlarms": func(c *client) (int, string) {
		return c.query("monitoring", "Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1="+marker+"-alarm")
	},
	"monitoring.ListTagsForResource": func(c *client) (int, string) {
		return c.query("monitoring", "Action=ListTagsForResource&Version=2010-08-01&ResourceARN=arn%3Aaws%3Acloudwatch%3Aus-east-1%3A123456789012%3Aalarm%3A"+marker+"-alarm")
	},
	"monitoring.TagResource": func(c *client) (int, string) {
		return c.query("monitoring", "Action=TagResource&Version=2010-08-01&Tags.member.1.Key=k&Tags.member.1.Value=v&ResourceARN=arn%3Aaws%3Acloudwatch%3Aus-east-1%3A123456789012%3Aalarm%3A"+marker+"-alarm")
	},
	"monitoring.UntagResource": func(c *client) (int, string) {
		return c.query("monitoring", "Action=UntagResource&Version=2010-08-01&TagKeys.member.1=k&ResourceARN=arn%3Aaws%3Acloudwatch%3Aus-east-1%3A123456789012%3Aalarm%3A"+marker+"-alarm")
	},
	"monitoring.ListMetrics": func(c *client) (int, string) {
		return c.query("monitoring", "Action=ListMetrics&Version=2010-08-01")
	},
	"monitoring.GetMetricStatistics": func(c *client) (int, string) {
		return c.query("monitoring", "Action=GetMetricStatistics&Version=2010-08-01&Namespace=n&MetricName=m&Period=60&Statistics.member.1=Sum&StartTime=2000-01-01T00:00:00Z&EndTime=2000-01-02T00:00:00Z")
	},
	"monitoring.GetMetricData": func(c *client) (int, string) {
		return c.query("monitoring", "Action=GetMetricData&Version=2010-08-01&StartTime=2000-01-01T00:00:00Z&EndTime=2000-01-02T00:00:00Z&MetricDataQueries.member.1.Id=q&MetricDataQueries.member.1.MetricStat.Metric.Namespace=n&MetricDataQueries.member.1.MetricStat.Metric.MetricName=m&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum")
	},
	"monitoring.PutMetricData": func(c *client) (int, string) {
		return c.query("monitoring", "Action=PutMetricData&Version=2010-08-01&Namespace=strangers&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1")
	},
	"sts.GetCallerIdentity": func(c *client) (int, string) {
		return c.query("sts", "Action=GetCallerIdentity&Version=2011-06-15")
	},
	"sts.AssumeRole": func(c *client) (int, string) {
		return c.query("sts", "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"+marker+"&RoleSessionName=s")
	},
	"iam.GetRole": func(c *client) (int, string) {
		return c.query("iam", "Action=GetRole&Version=2010-05-08&RoleName="+marker)
	},
	"iam.CreateRole": func(c *client) (int, string) {
		return c.query("iam", "Action=CreateRole&Version=2010-05-08&RoleName=strangers&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D")
	},
	"iam.AttachRolePolicy": func(c *client) (int, string) {
		return c.query("iam", "Action=AttachRolePolicy&Version=2010-05-08&RoleName=strangers&PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX")
	},
	"iam.ListAttachedRolePolicies": func(c *client) (int, string) {
		return c.query("iam", "Action=ListAttachedRolePolicies&Version=2010-05-08&RoleName="+marker)
	},
	"iam.SimulatePrincipalPolicy": func(c *client) (int, string) {
		return c.query("iam", "Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"+marker+"&ActionNames.member.1=s3%3AGetObject")
	},
}

// leaks says what of an answer would give the owner away: ids of the owner's
// account, and the owner's values that the stranger did not send.
func leaks(answer string) bool {
	return strings.Contains(answer, marker+"-tag") || strings.Contains(answer, "assumed-role/SagebrushExecutionRole/123456789012") ||
		strings.Contains(answer, `"TrainingJobStatus"`) || strings.Contains(answer, `"EndpointStatus"`) || strings.Contains(answer, "owners-namespace") || strings.Contains(answer, "owners-policy") ||
		strings.Contains(answer, "2147471100") ||
		strings.Contains(answer, `"logStreamName"`) || strings.Contains(answer, `"logGroupName"`)
}

// Accounts and regions are isolated: every implemented operation is tried by
// another account, and by the same account in another region where the service
// is regional. An operation without a probe fails the test.
func TestAccountsAreIsolated(t *testing.T) {
	t.Parallel()
	a := serve(t, func(c *app.Config) { c.Runner = app.RunnerFake })
	owner := newClient(t, a, "123456789012", "us-east-1")
	stranger := newClient(t, a, "210987654321", "us-east-1")
	elsewhere := *owner
	elsewhere.region = "eu-west-1"
	if status, text := owner.s3(http.MethodPut, "/"+marker, ""); status != http.StatusOK {
		t.Fatalf("bucket: %d %s", status, text)
	}
	if status, text := owner.s3(http.MethodPut, "/"+marker+"/key", "content"); status != http.StatusOK {
		t.Fatalf("object: %d %s", status, text)
	}
	if status, text := owner.json("sagemaker", "SageMaker.CreateTrainingJob", fmt.Sprintf(job, "123456789012")); status != http.StatusOK {
		t.Fatalf("job: %d %s", status, text)
	}
	if status, text := owner.json("sagemaker", "SageMaker.CreateAlgorithm", fmt.Sprintf(algorithm, marker+"-tag")); status != http.StatusOK {
		t.Fatalf("algorithm: %d %s", status, text)
	}
	for _, call := range [][2]string{
		{"CreateExperiment", `{"ExperimentName":"` + marker + `","DisplayName":"` + marker + `-tag"}`},
		{"CreateTrial", `{"ExperimentName":"` + marker + `","TrialName":"` + marker + `","DisplayName":"` + marker + `-tag"}`},
		{"CreateTrialComponent", `{"TrialComponentName":"` + marker + `","DisplayName":"` + marker + `-tag"}`},
		{"AssociateTrialComponent", `{"TrialComponentName":"` + marker + `","TrialName":"` + marker + `"}`},
		{"CreateArtifact", `{"ArtifactName":"` + marker + `-tag","ArtifactType":"` + marker + `-tag","Source":{"SourceUri":"` + marker + `"}}`},
		{"CreateAction", `{"ActionName":"` + marker + `","ActionType":"` + marker + `-tag","Source":{"SourceUri":"` + marker + `"}}`},
		{"CreateContext", `{"ContextName":"` + marker + `","ContextType":"` + marker + `-tag","Source":{"SourceUri":"` + marker + `"}}`},
		{"AddAssociation", `{"SourceArn":"arn:aws:sagemaker:us-east-1:123456789012:action/` + marker + `","DestinationArn":"arn:aws:sagemaker:us-east-1:123456789012:context/` + marker + `"}`},
	} {
		if status, text := owner.json("sagemaker", "SageMaker."+call[0], call[1]); status != http.StatusOK {
			t.Fatalf("%s: %d %s", call[0], status, text)
		}
	}
	point := `{"TrialComponentName":"` + marker + `","MetricData":[{"MetricName":"m","Timestamp":` + fmt.Sprint(time.Now().Unix()) + `,"Step":2147471100,"Value":1}]}`
	if status, text := owner.rest(http.MethodPut, "/BatchPutMetrics", point); status != http.StatusOK || strings.Contains(text, "Errors") {
		t.Fatalf("point: %d %s", status, text)
	}
	if status, text := owner.query("monitoring", "Action=PutMetricData&Version=2010-08-01&Namespace=owners-namespace&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1"); status != http.StatusOK {
		t.Fatalf("metric: %d %s", status, text)
	}
	if status, text := owner.query("monitoring", "Action=PutMetricAlarm&Version=2010-08-01&AlarmName="+marker+"-alarm&Namespace=owners-namespace&MetricName=m&Period=60&Statistic=Sum&EvaluationPeriods=1&Threshold=1&ComparisonOperator=GreaterThanThreshold"); status != http.StatusOK {
		t.Fatalf("alarm: %d %s", status, text)
	}
	if status, text := owner.query("iam", "Action=AttachRolePolicy&Version=2010-05-08&RoleName="+marker+"&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fowners-policy"); status != http.StatusOK {
		t.Fatalf("policy: %d %s", status, text)
	}
	if status, text := owner.query("sns", "Action=CreateTopic&Version=2010-03-31&Name="+marker+"&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value="+marker+"-tag"); status != http.StatusOK {
		t.Fatalf("topic: %d %s", status, text)
	}
	makeRegistry(t, owner)
	target := makeScaling(t, owner)
	probes := allProbes(t)
	for _, op := range a.Operations() {
		if !op.Implemented {
			continue
		}
		name := op.Service + "." + op.Name
		probe := probes[name]
		if probe == nil {
			t.Errorf("%s has no probe: add one", name)
			continue
		}
		if status, text := probe(stranger); leaks(text) || status >= 500 {
			t.Errorf("%s shows another account: %d %s", name, status, text)
		}
		if op.Service == "iam" || op.Service == "sts" || name == "sagemaker.CreateTrainingJob" {
			continue // IAM and STS are global; a job may be made in any region
		}
		if status, text := probe(&elsewhere); leaks(text) || status >= 500 {
			t.Errorf("%s shows another region: %d %s", name, status, text)
		}
	}
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/" + marker}, {http.MethodGet, "/" + marker + "/key"}, {http.MethodHead, "/" + marker + "/key"},
		{http.MethodPut, "/" + marker + "/key"}, {http.MethodDelete, "/" + marker + "/key"}, {http.MethodDelete, "/" + marker},
		{http.MethodPost, "/" + marker + "/key?uploads="}, {http.MethodGet, "/" + marker + "/key?tagging="},
	} {
		if status, text := stranger.s3(c.method, c.path, ""); status != http.StatusForbidden {
			t.Errorf("%s %s by a stranger: %d %s", c.method, c.path, status, text)
		}
	}
	if status, text := stranger.scale("ListTagsForResource", `"ResourceARN":"`+target+`"`); leaks(text) || status != http.StatusBadRequest {
		t.Errorf("the tags of another account's target: %d %s", status, text)
	}
	if _, text := stranger.s3(http.MethodGet, "/", ""); strings.Contains(text, marker) {
		t.Errorf("ListBuckets shows another account: %s", text)
	}
	if status, text := owner.s3(http.MethodGet, "/"+marker+"/key", ""); status != http.StatusOK || text != "content" {
		t.Errorf("the owner's object is gone: %d %s", status, text)
	}
	for op, body := range map[string]string{
		"DescribeExperiment": `{"ExperimentName":"` + marker + `"}`, "DescribeTrial": `{"TrialName":"` + marker + `"}`,
		"DescribeTrialComponent": `{"TrialComponentName":"` + marker + `"}`, "DescribeArtifact": `{"ArtifactArn":"` + ownersArtifact + `"}`,
		"DescribeAction": `{"ActionName":"` + marker + `"}`, "DescribeContext": `{"ContextName":"` + marker + `"}`,
		"ListAssociations": `{}`, "QueryLineage": `{"Filters":{"Types":["` + marker + `-tag"]}}`,
	} {
		if status, text := owner.json("sagemaker", "SageMaker."+op, body); status != http.StatusOK || !strings.Contains(text, marker+"-tag") {
			t.Errorf("%s of the owner's: %d %s", op, status, text)
		}
	}
	if status, text := owner.json("sagemaker", "SageMaker.DescribeAlgorithm", `{"AlgorithmName":"`+marker+`"}`); status != http.StatusOK || !strings.Contains(text, marker+"-tag") {
		t.Errorf("the owner's algorithm is gone: %d %s", status, text)
	}
	keptRegistry(t, owner)
}
