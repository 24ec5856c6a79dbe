package wire_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	"github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/wire"
)

const account = "123456789012"

var creds = sigv4.Credentials{AccessKeyID: "AKIAWIRE", SecretAccessKey: "secret"}

func lookup(_ context.Context, id, _ string) (sigv4.Secret, error) {
	if id != creds.AccessKeyID {
		return sigv4.Secret{}, aws.Errorf(aws.UnrecognizedClientException, "The security token included in the request is invalid.")
	}
	return sigv4.Secret{SecretAccessKey: creds.SecretAccessKey, Caller: aws.Caller{Scope: aws.Scope{Account: account}}}, nil
}

// fake answers one operation of each service; what it does to a training job
// depends on the name.
type fake struct{}

func (fake) DescribeTrainingJob(ctx context.Context, in *sagemaker.DescribeTrainingJobInput) (*sagemaker.DescribeTrainingJobOutput, error) {
	switch name := aws.Val(in.TrainingJobName); name {
	case "missing":
		return nil, aws.Errorf(aws.ResourceNotFound, "Requested resource not found: %w", errors.New("row 17"))
	case "unlisted":
		return nil, aws.Errorf(aws.ConflictException, "no")
	case "broken":
		return nil, errors.New("disk on fire")
	case "full":
		return nil, fmt.Errorf("save: %w", store.ErrFull)
	case "panics":
		panic("oh dear")
	default:
		scope := aws.ScopeFrom(ctx)
		return &sagemaker.DescribeTrainingJobOutput{TrainingJobName: in.TrainingJobName,
			TrainingJobArn: aws.Ptr(aws.SageMakerARN(scope, "training-job", name)), RoleArn: aws.Ptr(aws.RequestIDFrom(ctx)),
			CreationTime: aws.Ptr(time.Unix(1702641600, 0))}, nil
	}
}

func (fake) StopTrainingJob(context.Context, *sagemaker.StopTrainingJobInput) (*sagemaker.StopTrainingJobOutput, error) {
	return &sagemaker.StopTrainingJobOutput{}, nil
}

type fakeSTS struct{}

func (fakeSTS) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: aws.Ptr(aws.ScopeFrom(ctx).Account)}, nil
}

type fakeIAM struct{}

func (fakeIAM) GetRole(_ context.Context, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	return nil, aws.Errorf(aws.NoSuchEntity, "The role with name %s cannot be found.", aws.Val(in.RoleName))
}

type fakeMonitoring struct{}

func (fakeMonitoring) GetMetricStatistics(_ context.Context, in *monitoring.GetMetricStatisticsInput) (*monitoring.GetMetricStatisticsOutput, error) {
	if aws.Val(in.MetricName) == "bad" {
		return nil, aws.Errorf(aws.InvalidParameterValue, "bad metric")
	}
	return &monitoring.GetMetricStatisticsOutput{Label: in.MetricName,
		Datapoints: []*monitoring.Datapoint{{Timestamp: in.StartTime, Average: aws.Ptr(1.5)}}}, nil
}

func (fakeMonitoring) PutMetricData(_ context.Context, in *monitoring.PutMetricDataInput) (*monitoring.PutMetricDataOutput, error) {
	if len(in.MetricData) == 0 {
		return nil, aws.Errorf(aws.MissingRequiredParameter, "The parameter MetricData is required.")
	}
	return &monitoring.PutMetricDataOutput{}, nil
}

type fakeFeatures struct{}

func (fakeFeatures) GetRecord(_ context.Context, in *featurestoreruntime.GetRecordInput) (*featurestoreruntime.GetRecordOutput, error) {
	if aws.Val(in.RecordIdentifierValueAsString) == "none" {
		return nil, aws.Errorf(aws.ResourceNotFound, "no record")
	}
	return &featurestoreruntime.GetRecordOutput{Record: []*featurestoreruntime.FeatureValue{
		{FeatureName: in.FeatureGroupName, ValueAsString: in.RecordIdentifierValueAsString}}}, nil
}

// bundle is a running server.
type bundle struct {
	url     string
	log     *lockedBuffer
	mu      sync.Mutex
	unmod   []string // reported by CheckErrors
	handler *wire.Server
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func setup(t testing.TB, change ...func(*wire.Options)) *bundle {
	t.Helper()
	b := &bundle{log: &lockedBuffer{}}
	registry := prometheus.NewRegistry()
	o := wire.Options{
		Lookup: lookup, Registry: registry, Gatherer: registry,
		Logger: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		S3: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic("in S3")
			}
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprintf(w, "s3 %s %s%s %s", r.Method, r.Host, r.URL.Path, aws.RequestIDFrom(r.Context()))
		}),
		CheckErrors: func(op string, code aws.Code) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.unmod = append(b.unmod, op+" "+string(code))
		},
	}
	for _, c := range change {
		c(&o)
	}
	s := wire.NewServer(o)
	for _, err := range []error{
		s.Mount(sagemaker.Service, fake{}), s.Mount(sts.Service, fakeSTS{}), s.Mount(iam.Service, fakeIAM{}),
		s.Mount(monitoring.Service, fakeMonitoring{}), s.Mount(featurestoreruntime.Service, fakeFeatures{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b.handler = s
	server := httptest.NewUnstartedServer(s)
	server.Config = wire.HTTPServer(s)
	server.Start()
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return m
}

// request is a request before it is signed.
type request struct {
	method, path, body, service string
	header                      map[string]string
	unsigned                    bool
}

func (b *bundle) send(t testing.TB, q request) answer {
	t.Helper()
	if q.method == "" {
		q.method = http.MethodPost
	}
	if q.path == "" {
		q.path = "/"
	}
	r, err := http.NewRequestWithContext(t.Context(), q.method, b.url+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	if !q.unsigned {
		sum := sha256.Sum256([]byte(q.body))
		sigv4.Sign(r, creds, q.service, "eu-west-1", hex.EncodeToString(sum[:]), time.Now())
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

func target(op, body string) request {
	return request{service: "sagemaker", body: body, header: map[string]string{
		"X-Amz-Target": "SageMaker." + op, "Content-Type": "application/x-amz-json-1.1"}}
}

func describe(name string) request {
	return target("DescribeTrainingJob", fmt.Sprintf(`{"TrainingJobName":%q}`, name))
}

// with adds a header to a request.
func (q request) with(name, value string) request {
	h := map[string]string{name: value}
	for k, v := range q.header {
		if _, ok := h[k]; !ok {
			h[k] = v
		}
	}
	q.header = h
	return q
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.send(t, describe("mnist"))
	m := a.json(t)
	id := a.header.Get("X-Amzn-Requestid")
	if a.status != 200 || a.header.Get("Content-Type") != "application/x-amz-json-1.1" ||
		m["TrainingJobArn"] != "arn:aws:sagemaker:eu-west-1:123456789012:training-job/mnist" || m["CreationTime"] != 1702641600.0 {
		t.Errorf("%+v", a)
	}
	if id == "" || m["RoleArn"] != id || !strings.Contains(b.log.String(), id) {
		t.Errorf("the request id is not the same everywhere: %q, %v\n%s", id, m["RoleArn"], b.log)
	}
	if a := b.send(t, target("StopTrainingJob", `{"TrainingJobName":"a"}`)); a.status != 200 || a.body != "{}" {
		t.Errorf("an operation without an output: %+v", a)
	}
}

func TestJSONErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for name, c := range map[string]struct {
		request request
		status  int
		code    string
		text    string
	}{
		"modelled":           {describe("missing"), 400, "ResourceNotFound", "Requested resource not found"},
		"masked":             {describe("broken"), 500, "InternalFailure", "request id"},
		"panic":              {describe("panics"), 500, "InternalFailure", "request id"},
		"validation":         {describe("-bad-"), 400, "ValidationException", "1 validation error detected: Value '-bad-' at 'trainingJobName' failed to satisfy constraint"},
		"required":           {target("DescribeTrainingJob", `{}`), 400, "ValidationException", "trainingJobName"},
		"no body":            {target("DescribeTrainingJob", ``), 400, "SerializationException", "JSON"},
		"malformed":          {target("DescribeTrainingJob", `{"TrainingJobName":`), 400, "SerializationException", "JSON"},
		"wrong type":         {target("DescribeTrainingJob", `{"TrainingJobName":[1]}`), 400, "SerializationException", "trainingJobName"},
		"list as body":       {target("DescribeTrainingJob", `[]`), 400, "SerializationException", ""},
		"two values":         {target("DescribeTrainingJob", `{} {}`), 400, "SerializationException", "more than one"},
		"deep":               {target("DescribeTrainingJob", deep), 400, "SerializationException", ""},
		"invalid UTF-8":      {target("DescribeTrainingJob", "{\"TrainingJobName\":\"\xff\"}"), 400, "SerializationException", "UTF-8"},
		"unknown operation":  {target("MakeCoffee", `{}`), 404, "UnknownOperationException", "MakeCoffee"},
		"unknown target":     {describe("a").with("X-Amz-Target", "Coffee.Make"), 404, "UnknownOperationException", "Coffee.Make"},
		"target without dot": {describe("a").with("X-Amz-Target", "x"), 404, "UnknownOperationException", ""},
		"not built":          {target("ListModels", `{}`), 501, "UnsupportedOperationException", "Sagebrush does not implement ListModels yet; see docs/coverage.md."},
		"not built, invalid": {target("ListModels", `{"MaxResults":0}`), 400, "ValidationException", "maxResults"},
		"content type":       {describe("a").with("Content-Type", "application/json"), 404, "UnknownOperationException", "application/x-amz-json-1.1"},
		"no content type":    {describe("a").with("Content-Type", ""), 404, "UnknownOperationException", "application/x-amz-json-1.1"},
		"encoding":           {describe("a").with("Content-Encoding", "br"), 400, "SerializationException", "br"},
		"not gzip":           {describe("a").with("Content-Encoding", "gzip"), 400, "SerializationException", "gzip"},
		"unsigned":           {request{unsigned: true, header: describe("a").header}, 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		"other service":      {request{service: "sts", header: describe("a").header, body: "{}"}, 403, "InvalidSignatureException", "Credential should be scoped to correct service: 'sagemaker'."},
		"no target":          {request{service: "sagemaker", body: "{}"}, 404, "UnknownOperationException", "X-Amz-Target"},
		"no such service":    {request{service: "dynamodb", body: "{}"}, 404, "UnknownOperationException", "dynamodb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.send(t, c.request)
			m := a.json(t)
			message, _ := m["message"].(string)
			if a.status != c.status || m["__type"] != c.code || m["Message"] != message || !strings.Contains(message, c.text) ||
				a.header.Get("X-Amzn-Errortype") != c.code || a.header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Unknown errors are masked, and the log holds them under the id that the client was told.
func TestMaskedErrorsAreLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, secret := range map[string]string{"broken": "disk on fire", "panics": "oh dear", "missing": "row 17"} {
		a := b.send(t, describe(name))
		id := a.header.Get("X-Amzn-Requestid")
		if name != "missing" && (strings.Contains(a.body, secret) || !strings.Contains(a.body, id)) {
			t.Errorf("%s: %s", name, a.body)
		}
		found := false
		for line := range strings.Lines(b.log.String()) {
			found = found || strings.Contains(line, id) && strings.Contains(line, secret)
		}
		if !found {
			t.Errorf("%s: %q is not logged under %s:\n%s", name, secret, id, b.log)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
	for name, c := range map[string]struct {
		request request
		status  int
		texts   []string
	}{
		"answer":         {request{service: "sts", header: form, body: "Action=GetCallerIdentity&Version=2011-06-15"}, 200, []string{`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`, "<Account>123456789012</Account>", "<ResponseMetadata><RequestId>"}},
		"get":            {request{service: "sts", method: "GET", path: "/?Action=GetCallerIdentity&Version=2011-06-15"}, 200, []string{"<Account>123456789012</Account>"}},
		"modelled error": {request{service: "iam", header: form, body: "Action=GetRole&RoleName=a"}, 404, []string{"<Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name a cannot be found.</Message>"}},
		"validation":     {request{service: "iam", header: form, body: "Action=GetRole"}, 400, []string{"<Code>ValidationError</Code>", "roleName"}},
		"not built":      {request{service: "sts", header: form, body: "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/x-role&RoleSessionName=ab"}, 501, []string{"<Code>UnsupportedOperation</Code>", "AssumeRole"}},
		"unknown":        {request{service: "sts", header: form, body: "Action=Make&Version=1"}, 404, []string{"<Code>InvalidAction</Code>", "Could not find operation Make for version 1."}},
		"no action":      {request{service: "sts", header: form, body: "Version=1"}, 400, []string{"<Code>MissingAction</Code>"}},
		"content type":   {request{service: "sts", header: map[string]string{"Content-Type": "application/json"}, body: "{}"}, 400, []string{"<Code>MalformedInput</Code>"}},
		"bad form":       {request{service: "sts", header: form, body: "Action=%zz"}, 400, []string{"<Code>MalformedInput</Code>"}},
		"unsigned":       {request{unsigned: true, header: form, body: "Action=GetCallerIdentity"}, 403, []string{"<Code>MissingAuthenticationToken</Code>"}},
		"other service":  {request{service: "ec2", header: form, body: "Action=DescribeInstances"}, 404, []string{"<Code>InvalidAction</Code>", "ec2"}},
		"metrics":        {request{service: "monitoring", header: form, body: "Action=GetMetricStatistics&Namespace=n&MetricName=m&StartTime=2023-12-15T12:00:00Z&EndTime=2023-12-15T13:00:00Z&Period=60&Statistics.member.1=Average"}, 200, []string{"<Label>m</Label><Datapoints><member><Timestamp>2023-12-15T12:00:00Z</Timestamp><Average>1.5</Average></member></Datapoints>"}},
		"metrics error":  {request{service: "monitoring", header: form, body: "Action=GetMetricStatistics&Namespace=n&MetricName=bad&StartTime=2023-12-15T12:00:00Z&EndTime=2023-12-15T13:00:00Z&Period=60"}, 400, []string{"<Code>InvalidParameterValue</Code>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.send(t, c.request)
			for _, text := range c.texts {
				if a.status != c.status || !strings.Contains(a.body, text) || a.header.Get("Content-Type") != "text/xml" {
					t.Errorf("%+v", a)
				}
			}
			if !strings.Contains(a.body, "<RequestId>"+a.header.Get("X-Amzn-Requestid")+"</RequestId>") {
				t.Errorf("request id: %+v", a)
			}
		})
	}
}

func TestREST(t *testing.T) {
	t.Parallel()
	b := setup(t)
	get := func(value string) request {
		return request{service: "sagemaker", method: "GET", path: "/FeatureGroup/my-group?RecordIdentifierValueAsString=" + value}
	}
	if a := b.send(t, get("7")); a.status != 200 || a.body != `{"Record":[{"FeatureName":"my-group","ValueAsString":"7"}]}` ||
		a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", a)
	}
	if a := b.send(t, get("none")); a.status != 404 || a.header.Get("X-Amzn-Errortype") != "ResourceNotFound" || a.json(t)["message"] != "no record" {
		t.Errorf("%+v", a)
	}
	if a := b.send(t, request{service: "sagemaker", method: "GET", path: "/FeatureGroup/my-group"}); a.status != 400 || a.header.Get("X-Amzn-Errortype") == "" {
		t.Errorf("%+v", a)
	}
	if a := b.send(t, request{service: "sagemaker", method: "PUT", path: "/FeatureGroup/my-group", body: `{"Record":[{"FeatureName":"a","ValueAsString":"1"}]}`}); a.status != 501 {
		t.Errorf("%+v", a)
	}
	if a := b.send(t, request{unsigned: true, method: "GET", path: "/FeatureGroup/my-group"}); a.status != 403 || a.header.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" {
		t.Errorf("%+v", a)
	}
}
