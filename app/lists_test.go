package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/app"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// listed says how what a List operation of SageMaker lists is made.
type listed struct {
	// before are calls that it needs, operation and body.
	before [][2]string
	// add and drop make and remove the resource %[1]s; drop is "" for none.
	add, addBody, drop, dropBody string
	// filter is what every request to the list has, as members of JSON.
	filter string
	// name is the member of a row, or of a structure in it, that ends in the name.
	name string
}

const arns = "arn:aws:sagemaker:us-east-1:123456789012:"

// source is a source of a lineage entity.
const source = `"Source":{"SourceUri":"s3://b/%[1]s"}`

// lists are all List operations but those that do not list resources.
var lists = map[string]listed{
	"ListActions":     {add: "CreateAction", addBody: `{"ActionName":"%[1]s","ActionType":"t",` + source + `}`, drop: "DeleteAction", dropBody: `{"ActionName":"%[1]s"}`, name: "ActionName"},
	"ListAlgorithms":  {add: "CreateAlgorithm", addBody: strings.Replace(strings.ReplaceAll(algorithm, `"`+marker+`"`, `"%[1]s"`), `"%s"`, `"d"`, 1), drop: "DeleteAlgorithm", dropBody: `{"AlgorithmName":"%[1]s"}`, name: "AlgorithmName"},
	"ListArtifacts":   {add: "CreateArtifact", addBody: `{"ArtifactName":"%[1]s","ArtifactType":"t",` + source + `}`, drop: "DeleteArtifact", dropBody: `{` + source + `}`, filter: `"ArtifactType":"t"`, name: "ArtifactName"},
	"ListContexts":    {add: "CreateContext", addBody: `{"ContextName":"%[1]s","ContextType":"t",` + source + `}`, drop: "DeleteContext", dropBody: `{"ContextName":"%[1]s"}`, filter: `"ContextType":"t"`, name: "ContextName"},
	"ListExperiments": {add: "CreateExperiment", addBody: `{"ExperimentName":"%[1]s"}`, drop: "DeleteExperiment", dropBody: `{"ExperimentName":"%[1]s"}`, name: "ExperimentName"},
	"ListTrials": {before: [][2]string{{"CreateExperiment", `{"ExperimentName":"of-trials"}`}}, add: "CreateTrial", addBody: `{"ExperimentName":"of-trials","TrialName":"%[1]s"}`,
		drop: "DeleteTrial", dropBody: `{"TrialName":"%[1]s"}`, filter: `"ExperimentName":"of-trials"`, name: "TrialName"},
	"ListTrialComponents": {add: "CreateTrialComponent", addBody: `{"TrialComponentName":"%[1]s"}`, drop: "DeleteTrialComponent", dropBody: `{"TrialComponentName":"%[1]s"}`, name: "TrialComponentName"},
	"ListAssociations": {before: [][2]string{{"CreateAction", `{"ActionName":"hub","ActionType":"t","Source":{"SourceUri":"s3://b/hub"}}`}},
		add: "CreateContext AddAssociation", addBody: `{"ContextName":"end-%[1]s","ContextType":"end",` + source + `} {"SourceArn":"` + arns + `action/hub","DestinationArn":"` + arns + `context/end-%[1]s"}`,
		drop: "DeleteAssociation DeleteContext", dropBody: `{"SourceArn":"` + arns + `action/hub","DestinationArn":"` + arns + `context/end-%[1]s"} {"ContextName":"end-%[1]s"}`, filter: `"DestinationType":"end"`, name: "DestinationArn"},
	"ListModels": {add: "CreateModel", addBody: `{"ModelName":"%[1]s","PrimaryContainer":{"Image":"example/serve:1"}}`, drop: "DeleteModel", dropBody: `{"ModelName":"%[1]s"}`, name: "ModelName"},
	"ListEndpointConfigs": {before: [][2]string{{"CreateModel", `{"ModelName":"of-configs","PrimaryContainer":{"Image":"example/serve:1"}}`}},
		add: "CreateEndpointConfig", addBody: `{"EndpointConfigName":"%[1]s","ProductionVariants":[{"VariantName":"v","ModelName":"of-configs","InstanceType":"ml.m5.large","InitialInstanceCount":1}]}`,
		drop: "DeleteEndpointConfig", dropBody: `{"EndpointConfigName":"%[1]s"}`, name: "EndpointConfigName"},
	"ListEndpoints": {before: [][2]string{
		{"CreateModel", `{"ModelName":"of-endpoints","PrimaryContainer":{"Image":"example/serve:1"}}`},
		{"CreateEndpointConfig", `{"EndpointConfigName":"of-endpoints","ProductionVariants":[{"VariantName":"v","ModelName":"of-endpoints","InstanceType":"ml.m5.large","InitialInstanceCount":1}]}`},
	}, add: "CreateEndpoint", addBody: `{"EndpointName":"%[1]s","EndpointConfigName":"of-endpoints"}`, name: "EndpointName"},
	"ListInferenceComponents": {before: append([][2]string{{"CreateModel", `{"ModelName":"of-components","PrimaryContainer":{"Image":"example/serve:1"}}`}}, hostOf("of-components")...),
		add: "CreateInferenceComponent", addBody: strings.ReplaceAll(`{"InferenceComponentName":"%[1]s","EndpointName":"of-components","VariantName":"v",`+componentOf("of-components")+`}`, `"CopyCount":1`, `"CopyCount":0`), name: "InferenceComponentName"},
	"ListModelCards": {add: "CreateModelCard", addBody: `{"ModelCardName":"%[1]s","Content":"{}","ModelCardStatus":"Draft"}`, drop: "DeleteModelCard", dropBody: `{"ModelCardName":"%[1]s"}`, name: "ModelCardName"},
	"ListModelCardVersions": {before: [][2]string{{"CreateModelCard", `{"ModelCardName":"of-versions","Content":"{}","ModelCardStatus":"Draft"}`}},
		add: "UpdateModelCard", addBody: `{"ModelCardName":"of-versions","Content":"{\"model_overview\":{\"model_name\":\"%[1]s\"}}"}`, filter: `"ModelCardName":"of-versions"`},
	"ListModelCardExportJobs": {before: [][2]string{{"CreateModelCard", `{"ModelCardName":"of-jobs","Content":"{}","ModelCardStatus":"Draft"}`}}, add: "CreateModelCardExportJob",
		addBody: `{"ModelCardName":"of-jobs","ModelCardExportJobName":"%[1]s","OutputConfig":{"S3OutputPath":"s3://` + marker + `"}}`, filter: `"ModelCardName":"of-jobs"`, name: "ModelCardExportJobName"},
	"ListModelPackageGroups": {add: "CreateModelPackageGroup", addBody: `{"ModelPackageGroupName":"%[1]s"}`, drop: "DeleteModelPackageGroup", dropBody: `{"ModelPackageGroupName":"%[1]s"}`, name: "ModelPackageGroupName"},
	"ListModelPackages": {add: "CreateModelPackage", addBody: `{"ModelPackageName":"%[1]s","InferenceSpecification":{"Containers":[{"Image":"example/serve:1"}],"SupportedContentTypes":["text/csv"],
		"SupportedResponseMIMETypes":["text/csv"],"SupportedTransformInstanceTypes":["ml.m5.large"],"SupportedRealtimeInferenceInstanceTypes":["ml.m5.large"]}}`,
		drop: "DeleteModelPackage", dropBody: `{"ModelPackageName":"%[1]s"}`, name: "ModelPackageName"},
	"ListTrainingJobs": {add: "CreateTrainingJob", addBody: `{"TrainingJobName":"%[1]s","RoleArn":"arn:aws:iam::123456789012:role/r",
		"AlgorithmSpecification":{"TrainingImage":"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1","TrainingInputMode":"File"},"OutputDataConfig":{"S3OutputPath":"s3://` + marker + `/out"},
		"ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":1},"StoppingCondition":{"MaxRuntimeInSeconds":1}}`, name: "TrainingJobName"},
}

// withoutPages answer one row at most, and as many tags as the smallest page has.
var withoutPages = []string{"ListLineageGroups", "ListTags"}

// Gen-5: while others make and delete resources, the pages of every List operation,
// in each order that a resource keeps, show what was there throughout exactly once;
// bounds of time that leave nothing between them are an empty list (D-170). A List
// operation without an entry fails the test.
func TestListsWhileOthersWrite(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			url = "sqlite"
		}
		a := serve(t, func(c *app.Config) { c.Database, c.Runner = url, app.RunnerFake })
		c := newClient(t, a, "123456789012", "us-east-1")
		if status, text := c.s3(http.MethodPut, "/"+marker, ""); status != http.StatusOK {
			t.Fatalf("bucket: %d %s", status, text)
		}
		for _, op := range a.Operations() {
			if !op.Implemented || op.Service != "sagemaker" || !strings.HasPrefix(op.Name, "List") || slices.Contains(withoutPages, op.Name) {
				continue
			}
			l, ok := lists[op.Name]
			if !ok {
				t.Errorf("%s has no entry here", op.Name)
				continue
			}
			pageThrough(t, c, op.Name, l)
		}
	})
}

// must calls operations, whose names and bodies are separated by blanks.
func (c *client) must(operations, bodies, name string) {
	c.t.Helper()
	rest := bodies
	for operation := range strings.FieldsSeq(operations) {
		body := rest
		if head, tail, many := strings.Cut(rest, "} {"); many {
			body, rest = head+"}", "{"+tail
		}
		body = strings.ReplaceAll(body, "%[1]s", name)
		if status, text := c.json("sagemaker", "SageMaker."+operation, body); status != http.StatusOK {
			c.t.Errorf("%s %s: %d %s", operation, body, status, text)
		}
	}
}

// pageThrough fills the list and reads its pages while others write.
func pageThrough(t *testing.T, c *client, operation string, l listed) {
	t.Helper()
	for _, call := range l.before {
		c.must(call[0], call[1], "")
	}
	const stays = 11
	for i := range stays {
		c.must(l.add, l.addBody, fmt.Sprintf("stays-%02d", i))
	}
	in := input(t, operation)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	defer writer.Wait()
	defer close(stop)
	writer.Go(func() {
		const most, window = 400, 4
		for i := 0; i < most; i++ {
			select {
			case <-stop:
				return
			default:
			}
			c.must(l.add, l.addBody, fmt.Sprintf("moves-%03d", i))
			if l.drop != "" && i >= window {
				c.must(l.drop, l.dropBody, fmt.Sprintf("moves-%03d", i-window))
			}
			if l.drop == "" && i == 30 {
				return
			}
		}
	})
	for _, by := range orders(in) {
		for _, order := range []string{"Ascending", "Descending"} {
			members := []string{`"MaxResults":3`}
			if by != "" {
				members = append(members, `"SortBy":"`+by+`"`, `"SortOrder":"`+order+`"`)
			}
			if l.filter != "" {
				members = append(members, l.filter)
			}
			seen := map[string]int{}
			var token string
			for page := 0; page < 1000; page++ {
				body := members
				if token != "" {
					body = append(slices.Clip(members), `"NextToken":"`+token+`"`)
				}
				rows, next := c.page(operation, strings.Join(body, ","))
				for _, row := range rows {
					seen[nameOf(row, l.name)]++
				}
				if token = next; token == "" {
					break
				}
			}
			for i := range stays {
				name := fmt.Sprintf("stays-%02d", i)
				if l.name == "" {
					name = fmt.Sprint(i + 1) // versions, which are numbered
				}
				if seen[name] != 1 {
					t.Errorf("%s by %s %s: %s was shown %d times", operation, by, order, name, seen[name])
				}
			}
		}
	}
	for _, m := range in.Members {
		before := strings.Replace(m.Name, "After", "Before", 1)
		if m.Shape.Kind != schema.Timestamp || before == m.Name {
			continue
		}
		members := []string{`"` + m.Name + `":1893456000`, `"` + before + `":946684800`}
		if l.filter != "" {
			members = append(members, l.filter)
		}
		if rows, next := c.page(operation, strings.Join(members, ",")); len(rows) > 0 || next != "" {
			t.Errorf("%s with %s behind %s: %d rows, %q", operation, m.Name, before, len(rows), next)
		}
	}
}

// input is the shape of the operation's input.
func input(t *testing.T, operation string) *schema.Shape {
	t.Helper()
	for _, op := range sagemaker.Service.Operations {
		if op.Name == operation {
			return op.Input
		}
	}
	t.Fatalf("no operation %s", operation)
	return nil
}

// orders are the values of SortBy by which a resource keeps its place, "" where
// there is no choice.
func orders(in *schema.Shape) (list []string) {
	for _, m := range in.Members {
		if m.Name != "SortBy" {
			continue
		}
		for _, by := range m.Shape.Enum {
			if !strings.Contains(by, "Modified") && by != "Status" {
				list = append(list, by)
			}
		}
	}
	if list == nil {
		return []string{""}
	}
	return list
}

// page asks for one page and answers its rows and the token of the next.
func (c *client) page(operation, members string) (rows []map[string]any, next string) {
	c.t.Helper()
	status, text := c.json("sagemaker", "SageMaker."+operation, "{"+members+"}")
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &out); status != http.StatusOK || err != nil {
		c.t.Fatalf("%s {%s}: %d %s", operation, members, status, text)
	}
	for member, value := range out {
		if member == "NextToken" {
			_ = json.Unmarshal(value, &next)
		} else if err := json.Unmarshal(value, &rows); err != nil {
			c.t.Fatalf("%s: %v", operation, err)
		}
	}
	return rows, next
}

// nameOf is the name of a row, the last part of an ARN; without a member it is the
// number of the version.
func nameOf(row map[string]any, member string) string {
	if member == "" {
		return fmt.Sprint(row["ModelCardVersion"])
	}
	text, _ := row[member].(string)
	return strings.TrimPrefix(text[strings.LastIndexByte(text, '/')+1:], "end-")
}
