package search_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// recordType is the type of a member of SearchRecord.
func recordType(t testing.TB, name string) *search.Type {
	t.Helper()
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "Search" {
			continue
		}
		for _, m := range op.Output.Members {
			if m.Name != "Results" {
				continue
			}
			for _, record := range m.Shape.Elem.Members {
				if record.Name == name {
					return search.NewType(name, record.Shape)
				}
			}
		}
	}
	t.Fatalf("no record %s", name)
	return nil
}

func filter(name, op, value string) *sagemaker.Filter {
	f := &sagemaker.Filter{Name: &name, Operator: sagemaker.Operator(op)}
	if value != "" {
		f.Value = &value
	}
	return f
}

// exampleJob is a record with a bit of everything.
func exampleJob() *sagemaker.TrainingJob {
	created := time.Date(2023, 12, 15, 8, 30, 0, 250000000, time.UTC)
	channel := func(name, uri string) *sagemaker.Channel {
		return &sagemaker.Channel{ChannelName: &name, DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{S3Uri: &uri, S3DataType: sagemaker.S3DataTypeS3Prefix}}}
	}
	train, test := channel("train", "s3://bucket/catdata/train"), channel("test", "s3://bucket/dogdata/test")
	train.CompressionType = sagemaker.CompressionTypeGzip
	return &sagemaker.TrainingJob{
		TrainingJobName: aws.Ptr("job-One"), TrainingJobStatus: sagemaker.TrainingJobStatusCompleted,
		TrainingJobArn:  aws.Ptr("arn:aws:sagemaker:us-east-1:123456789012:training-job/job-one"),
		HyperParameters: map[string]string{"learning_rate": "0.9", "epochs": "12", "optimizer": "adam", "a.b:c": "x"},
		InputDataConfig: []*sagemaker.Channel{train, test},
		ResourceConfig:  &sagemaker.ResourceConfig{InstanceCount: aws.Ptr[int32](2), InstanceType: "ml.m5.large"},
		VpcConfig:       &sagemaker.VpcConfig{Subnets: []string{"subnet-1", "subnet-2"}},
		CreationTime:    &created, LastModifiedTime: &created,
		EnableNetworkIsolation: aws.Ptr(true),
		ModelArtifacts:         &sagemaker.ModelArtifacts{S3ModelArtifacts: aws.Ptr("s3://bucket/out/model.tar.gz")},
		FinalMetricDataList: []*sagemaker.MetricData{
			{MetricName: aws.Ptr("train:accuracy"), Value: aws.Ptr[float32](0.9)}, {MetricName: aws.Ptr("loss"), Value: aws.Ptr[float32](0.25)},
		},
		Tags: []*sagemaker.Tag{{Key: aws.Ptr("team"), Value: aws.Ptr("blue")}, {Key: aws.Ptr("x.y"), Value: aws.Ptr("")}},
	}
}

// Search-5, Search-6, Search-7, Search-8, Search-9, Search-12: what single filters mean.
func TestFilters(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "TrainingJob")
	doc := typ.Flatten(exampleJob())
	for _, c := range []struct {
		name, op, value string
		want            bool
	}{
		{"TrainingJobName", "", "job-One", true}, // Equals is the default
		{"TrainingJobName", "Equals", "job-one", false},
		{"trainingjobname", "Equals", "job-One", true},
		{"TrainingJob.TrainingJobName", "Equals", "job-One", true}, // Search-15
		{"TrainingJobName", "NotEquals", "job-one", true},
		{"TrainingJobName", "Contains", "One", true},
		{"TrainingJobName", "Contains", "one", false},
		{"TrainingJobName", "In", "a, job-One,b", true},
		{"TrainingJobName", "In", "job,One", false},
		{"TrainingJobStatus", "Equals", "Completed", true},
		{"FailureReason", "Exists", "", false},
		{"FailureReason", "NotExists", "", true},
		{"FailureReason", "NotEquals", "x", true}, // Search-7: absent is not equal
		{"FailureReason", "Contains", "x", false},
		{"VpcConfig", "Exists", "", true},
		{"CheckpointConfig", "NotExists", "", true},
		{"VpcConfig.Subnets", "Equals", "subnet-2", true},
		{"VpcConfig.Subnets", "NotEquals", "subnet-2", true}, // the other one
		{"VpcConfig.Subnets", "In", "x,subnet-2", true},
		{"ModelArtifacts.S3ModelArtifacts", "Contains", "out/", true},
		{"InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "dogdata", true},
		{"ResourceConfig.InstanceCount", "GreaterThan", "1.5", true},
		{"ResourceConfig.InstanceCount", "LessThanOrEqualTo", "1", false},
		{"EnableNetworkIsolation", "Equals", "True", true},
		{"EnableNetworkIsolation", "NotEquals", "true", false},
		{"CreationTime", "Equals", "2023-12-15T08:30:00", true}, // to the second, as the value
		{"CreationTime", "Equals", "2023-12-15T08:30:00.5", false},
		{"CreationTime", "GreaterThan", "2023-12-15T08:30:00", true},
		{"CreationTime", "LessThan", "2023-12-15T10:30:01+02:00", true},
		{"CreationTime", "LessThan", "2023-12-15", false},
		{"Metrics.train:accuracy", "Equals", "0.9", true}, // the float next to 0.9
		{"metrics.loss", "LessThan", "0.3", true},
		{"Metrics.nope", "LessThan", "0.3", false},
		{"Metrics.nope", "NotExists", "", true},
		{"Metrics", "Exists", "", true},
		{"FinalMetricDataList.MetricName", "Equals", "loss", true},
		{"FinalMetricDataList.Value", "GreaterThanOrEqualTo", "0.9", true},
		{"HyperParameters.learning_rate", "LessThan", "0.95", true},
		{"HyperParameters.learning_rate", "Equals", "0.90", true},
		{"HyperParameters.learning_rate", "Equals", "0", true}, // Search-12: cut to an integer
		{"HyperParameters.learning_rate", "Equals", "0.0", false},
		{"HyperParameters.learning_rate", "GreaterThan", "0", false},
		{"HyperParameters.epochs", "GreaterThan", "9", true}, // as a number, not a text
		{"HyperParameters.optimizer", "GreaterThan", "9", false},
		{"HyperParameters.optimizer", "Equals", "adam", true},
		{"hyperparameters.optimizer", "Contains", "da", true},
		{"HyperParameters.a.b:c", "Equals", "x", true},
		{"HyperParameters", "Contains", "optim", true}, // a key
		{"HyperParameters", "Contains", "adam", true},  // a value
		{"HyperParameters", "Equals", "ada", false},
		{"Tags.team", "Equals", "blue", true},
		{"Tags.Team", "Equals", "blue", false}, // keys are as they are
		{"tags.x.y", "Exists", "", true},
		{"Tags", "Contains", "blu", true},
		{"Tags", "Exists", "", true},
		{"Tags.team", "In", "red,blue", true},
		{"Environment", "Exists", "", false},
	} {
		q, err := search.Compile(typ, &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{filter(c.name, c.op, c.value)}})
		if err != nil {
			t.Errorf("%s %s %s: %v", c.name, c.op, c.value, err)
		} else if got := q.Match(doc); got != c.want {
			t.Errorf("%s %s %s: %v", c.name, c.op, c.value, got)
		}
	}
}

// Search-10: what is special about trial components.
func TestTrialComponents(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "TrialComponent")
	doc := typ.Flatten(&sagemaker.TrialComponent{
		TrialComponentName: aws.Ptr("component"), DisplayName: aws.Ptr("Display"), RunName: aws.Ptr("run"),
		Source: &sagemaker.TrialComponentSource{SourceArn: aws.Ptr("arn:x")},
		Parameters: map[string]*sagemaker.TrialComponentParameterValue{
			"lr": {NumberValue: aws.Ptr(0.9)}, "opt": {StringValue: aws.Ptr("adam")},
		},
		InputArtifacts: map[string]*sagemaker.TrialComponentArtifact{"data.csv": {Value: aws.Ptr("s3://b/data"), MediaType: aws.Ptr("text/csv")}},
		Metrics:        []*sagemaker.TrialComponentMetricSummary{{MetricName: aws.Ptr("test:acc.x"), Max: aws.Ptr(0.8), Count: aws.Ptr[int32](3), Last: aws.Ptr(0.7)}},
		Parents: []*sagemaker.Parent{
			{TrialName: aws.Ptr("t1"), ExperimentName: aws.Ptr("e1")}, {TrialName: aws.Ptr("t2"), ExperimentName: aws.Ptr("e2")},
		},
		SourceDetail: &sagemaker.TrialComponentSourceDetail{TrainingJob: exampleJob()},
	})
	for _, c := range []struct {
		name, op, value string
		want            bool
	}{
		{"metrics.test:acc.x.max", "GreaterThan", "0.75", true},
		{"Metrics.test:acc.x.Count", "Equals", "3", true},
		{"Metrics.test:acc.x", "Equals", "0.7", true}, // the last value
		{"Metrics.test:acc.x.Min", "Exists", "", false},
		{"Parameters.lr", "GreaterThan", "0.5", true},
		{"Parameters.lr", "Equals", "0", false}, // a number is not cut
		{"Parameters.opt", "Contains", "ad", true},
		{"Parameters.opt", "GreaterThan", "1", false},
		{"Parameters.lr", "NotEquals", "adam", true},
		{"InputArtifacts", "Contains", "b/data", true},
		{"InputArtifacts", "Contains", "csv", true},
		{"InputArtifacts", "Contains", "MediaT", false},
		{"InputArtifacts", "Equals", "data.csv", true},
		{"InputArtifacts.data.csv.Value", "Equals", "s3://b/data", true},
		{"InputArtifacts.data.csv", "Exists", "", true},
		{"OutputArtifacts", "Exists", "", false},
		{"Parents.ExperimentName", "Equals", "e2", true},
		{"Source.SourceArn", "Equals", "arn:x", true},
		{"RunName", "Equals", "run", true},
		{"TrialComponent.DisplayName", "Contains", "Dis", true},
		{"SourceDetail.TrainingJob.HyperParameters.epochs", "GreaterThan", "9", true},
	} {
		q, err := search.Compile(typ, &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{filter(c.name, c.op, c.value)}})
		if err != nil {
			t.Errorf("%s %s %s: %v", c.name, c.op, c.value, err)
		} else if got := q.Match(doc); got != c.want {
			t.Errorf("%s %s %s: %v", c.name, c.op, c.value, got)
		}
	}
}

// Search-11: features and their groups.
func TestFeatures(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "FeatureMetadata")
	doc := typ.Flatten(&sagemaker.FeatureMetadata{FeatureName: aws.Ptr("age"), Parameters: []*sagemaker.FeatureParameter{{Key: aws.Ptr("unit"), Value: aws.Ptr("years")}}})
	three := []*sagemaker.Filter{filter("FeatureName", "Contains", "a"), filter("Parameters.unit", "Contains", "year"), filter("AllParameters", "Contains", "uni")}
	q, err := search.Compile(typ, &sagemaker.SearchExpression{Filters: three})
	if err != nil || !q.Match(doc) {
		t.Errorf("three Contains on a feature: %v", err)
	}
}

// Search-4, Search-8, Search-13: how filters are joined, and what a single
// element of a list must satisfy.
func TestExpressions(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "TrainingJob")
	doc := typ.Flatten(exampleJob())
	yes, no := filter("TrainingJobName", "Equals", "job-One"), filter("TrainingJobName", "Equals", "x")
	inside := func(filters ...*sagemaker.Filter) []*sagemaker.NestedFilters {
		return []*sagemaker.NestedFilters{{NestedPropertyName: aws.Ptr("InputDataConfig"), Filters: filters}}
	}
	name := filter("InputDataConfig.ChannelName", "Equals", "train")
	uri := func(part string) *sagemaker.Filter {
		return filter("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", part)
	}
	for what, c := range map[string]struct {
		e    *sagemaker.SearchExpression
		want bool
	}{
		"nothing":              {nil, true},
		"and":                  {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{yes, no}}, false},
		"or":                   {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{no, yes}, Operator: "Or"}, true},
		"or of none":           {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{no, no}, Operator: "Or"}, false},
		"one element":          {&sagemaker.SearchExpression{NestedFilters: inside(name, uri("catdata"))}, true},
		"two elements":         {&sagemaker.SearchExpression{NestedFilters: inside(name, uri("dogdata"))}, false},
		"two plain filters":    {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{name, uri("dogdata")}}, true},
		"absent in an element": {&sagemaker.SearchExpression{NestedFilters: inside(filter("InputDataConfig.ChannelName", "Equals", "test"), filter("InputDataConfig.CompressionType", "NotExists", ""))}, true},
		"there in the element": {&sagemaker.SearchExpression{NestedFilters: inside(name, filter("InputDataConfig.CompressionType", "NotExists", ""))}, false},
		"nested joined by or":  {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{no}, NestedFilters: inside(name), Operator: "Or"}, true},
		"sub-expression has its own operator": {&sagemaker.SearchExpression{Filters: []*sagemaker.Filter{yes},
			SubExpressions: []*sagemaker.SearchExpression{{Filters: []*sagemaker.Filter{yes, no}, Operator: "Or"}}}, true},
		"sub-expressions joined by or": {&sagemaker.SearchExpression{Operator: "Or", Filters: []*sagemaker.Filter{no},
			SubExpressions: []*sagemaker.SearchExpression{{Filters: []*sagemaker.Filter{yes, no}}}}, false},
	} {
		q, err := search.Compile(typ, c.e)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if got := q.Match(doc); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Search-3, Search-5, Search-6, Search-7, Search-13, Search-14: what is refused, with a
// ValidationException that says why.
func TestRefusals(t *testing.T) {
	t.Parallel()
	job, component := recordType(t, "TrainingJob"), recordType(t, "TrialComponent")
	one := func(name, op, value string) *sagemaker.SearchExpression {
		return &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{filter(name, op, value)}}
	}
	many := func(n int, f *sagemaker.Filter) (list []*sagemaker.Filter) {
		for range n {
			list = append(list, f)
		}
		return list
	}
	ok := filter("TrainingJobName", "Equals", "x")
	deep := one("TrainingJobName", "Equals", "x")
	for range 26 {
		deep = &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{ok}, SubExpressions: []*sagemaker.SearchExpression{deep}}
	}
	nested := func(list string, filters ...*sagemaker.Filter) *sagemaker.SearchExpression {
		return &sagemaker.SearchExpression{NestedFilters: []*sagemaker.NestedFilters{{NestedPropertyName: &list, Filters: filters}}}
	}
	for want, c := range map[string]struct {
		typ *search.Type
		e   *sagemaker.SearchExpression
	}{
		"at least one of":          {job, &sagemaker.SearchExpression{}},
		"20 at most":               {job, &sagemaker.SearchExpression{Filters: many(21, ok)}},
		"50 filters":               {job, deep},
		"Unknown property name":    {job, one("Nope", "Equals", "x")},
		`"Tags."`:                  {job, one("Tags.", "Equals", "x")},
		`"TrainingJobName.x"`:      {job, one("TrainingJobName.x", "Equals", "x")},
		`"'; DROP TABLE x; --"`:    {job, one("'; DROP TABLE x; --", "Equals", "x")},
		"no Value":                 {job, one("TrainingJobName", "Equals", "")},
		"is a text":                {job, one("TrainingJobName", "GreaterThan", "1")},
		"operator Contains cannot": {job, one("CreationTime", "Contains", "2023")},
		"operator In cannot":       {job, one("Metrics.x", "In", "1,2")},
		"is a Boolean":             {job, one("EnableNetworkIsolation", "LessThan", "1")},
		"is an object":             {job, one("VpcConfig", "Equals", "x")},
		"is not a number":          {job, one("Metrics.x", "Equals", "0x10")},
		"\"NaN\"":                  {job, one("ResourceConfig.InstanceCount", "Equals", "NaN")},
		"HyperParameters.x\" is n": {job, one("HyperParameters.x", "LessThan", "adam")},
		"neither true nor false":   {job, one("EnableNetworkIsolation", "Equals", "1")},
		"is not a time":            {job, one("CreationTime", "Equals", "yesterday")},
		"'CONTAINS' operator usage limit of 1 exceeded.": {job, &sagemaker.SearchExpression{Filters: many(1, filter("TrainingJobName", "Contains", "x")),
			SubExpressions: []*sagemaker.SearchExpression{one("RoleArn", "Contains", "x")}}},
		"limit of 1 exceeded":    {component, &sagemaker.SearchExpression{Filters: many(2, filter("RunName", "Contains", "x"))}},
		"not a list of objects":  {job, nested("VpcConfig", ok)},
		"VpcConfig.Subnets":      {job, nested("VpcConfig.Subnets", ok)},
		"at least one filter":    {job, nested("InputDataConfig")},
		"has to begin with that": {job, nested("InputDataConfig", ok)},
	} {
		_, err := search.Compile(c.typ, c.e)
		if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	free := &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{filter("DisplayName", "Contains", "x"), filter("TrialComponent.TrialComponentName", "Contains", "x"),
		filter("Tags", "Contains", "x"), filter("InputArtifacts", "Contains", "x"), filter("OutputArtifacts", "Contains", "x"), filter("RunName", "Contains", "x")}}
	if _, err := search.Compile(component, free); err != nil {
		t.Errorf("Contains that are not counted: %v", err)
	}
}

// Search-3: the largest expressions are taken and mean what they say: 20 elements
// of each sort, 50 filters in all, and as deep as those allow; one more is refused.
func TestLargestExpressions(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "TrainingJob")
	doc := typ.Flatten(exampleJob())
	yes, no := filter("TrainingJobName", "Equals", "job-One"), filter("TrainingJobName", "Equals", strings.Repeat("x", 1024))
	chain := func(levels int, last *sagemaker.Filter) *sagemaker.SearchExpression {
		e := &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{last}}
		for range levels - 1 {
			e = &sagemaker.SearchExpression{SubExpressions: []*sagemaker.SearchExpression{e}}
		}
		return e
	}
	wide := func(n int, last *sagemaker.Filter) *sagemaker.SearchExpression {
		e := &sagemaker.SearchExpression{}
		for range n - 1 {
			e.Filters = append(e.Filters, yes)
		}
		e.Filters = append(e.Filters, last)
		return e
	}
	tree := func(extra int, last *sagemaker.Filter) *sagemaker.SearchExpression { // 2 sub-expressions and 48 filters
		return &sagemaker.SearchExpression{Filters: wide(18, yes).Filters, SubExpressions: []*sagemaker.SearchExpression{wide(20, yes), wide(10+extra, last)}}
	}
	for what, c := range map[string]struct {
		e    *sagemaker.SearchExpression
		want string // "" for refused
	}{
		"20 filters that hold":       {wide(20, yes), "true"},
		"the twentieth does not":     {wide(20, no), "false"},
		"21 filters":                 {wide(21, yes), ""},
		"50 in all":                  {tree(0, yes), "true"},
		"the fiftieth does not hold": {tree(0, no), "false"},
		"51 in all":                  {tree(1, yes), ""},
		"50 deep":                    {chain(50, yes), "true"},
		"50 deep, and does not hold": {chain(50, no), "false"},
		"51 deep":                    {chain(51, yes), ""},
	} {
		q, err := search.Compile(typ, c.e)
		switch {
		case c.want == "" && aws.CodeOf(err) != aws.ValidationException:
			t.Errorf("%s: %v", what, err)
		case c.want != "" && err != nil:
			t.Errorf("%s: %v", what, err)
		case c.want != "" && q.Match(doc) != (c.want == "true"):
			t.Errorf("%s does not hold as it should", what)
		}
	}
}

// Search-16: the order, its defaults, and where what has no value goes.
func TestOrder(t *testing.T) {
	t.Parallel()
	typ := recordType(t, "TrainingJob")
	of := func(rate string) search.Doc {
		j := &sagemaker.TrainingJob{HyperParameters: map[string]string{}}
		if rate != "" {
			j.HyperParameters["rate"] = rate
		}
		return typ.Flatten(j)
	}
	for _, descending := range []bool{false, true} {
		o, err := search.NewOrder(typ, "hyperparameters.rate", descending)
		if err != nil {
			t.Fatal(err)
		}
		sorted := []string{"9", "10", "abc", "b"}
		if descending {
			sorted = []string{"b", "abc", "10", "9"}
		}
		sorted = append(sorted, "")
		for i := range sorted {
			for k := range sorted {
				if got := o.Compare(o.Of(of(sorted[i])), o.Of(of(sorted[k]))); (got < 0) != (i < k) || (got == 0) != (i == k) {
					t.Errorf("descending %v: %q before %q: %d", descending, sorted[i], sorted[k], got)
				}
			}
		}
	}
	for name, by := range map[string]string{"TrainingJob": "VpcConfig", "TrialComponent": "Tags", "Model": "Nope"} {
		if _, err := search.NewOrder(recordType(t, name), by, true); aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("sort %s by %s: %v", name, by, err)
		}
	}
	for _, name := range []string{"TrainingJob", "Experiment", "Trial", "TrialComponent", "Endpoint", "ModelPackage", "ModelPackageGroup", "Pipeline",
		"PipelineExecution", "FeatureGroup", "FeatureMetadata", "Project", "HyperParameterTuningJob", "ModelCard", "Model"} {
		if _, err := search.NewOrder(recordType(t, name), "", true); err != nil {
			t.Errorf("the default order of %s: %v", name, err)
		}
	}
}
