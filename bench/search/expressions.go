package main

// page is MaxResults of the requests.
const page = 50

// expression is one search.
type expression struct {
	what string
	// search is the SearchExpression, by and ascending the order ("" the default).
	search    map[string]any
	by        string
	ascending bool
	// none says that nothing is to be found.
	none bool
	// mlflow is the same as MLflow spells it, "" where it cannot; order is its order.
	mlflow, order string
}

func (e expression) request() map[string]any {
	in := map[string]any{"Resource": "TrainingJob", "MaxResults": page}
	if e.search != nil {
		in["SearchExpression"] = e.search
	}
	if e.by != "" {
		in["SortBy"] = e.by
	}
	if e.ascending {
		in["SortOrder"] = "Ascending"
	}
	return in
}

type object = map[string]any

func filter(name, operator, value string) object {
	f := object{"Name": name, "Operator": operator}
	if value != "" {
		f["Value"] = value
	}
	return f
}

func all(filters ...object) object { return object{"Filters": filters} }

func either(filters ...object) object { return object{"Filters": filters, "Operator": "Or"} }

// expressions are the twenty.
func expressions() []expression {
	nested := func(filters ...object) object {
		return object{"NestedFilters": []object{{"NestedPropertyName": "InputDataConfig", "Filters": filters}}}
	}
	return []expression{
		{what: "everything, newest first", mlflow: "", order: ""},
		{what: "one name", search: all(filter("TrainingJobName", "Equals", "search-012345"))},
		{what: "part of a name", search: all(filter("TrainingJobName", "Contains", "0123"))},
		{what: "no such name", search: all(filter("TrainingJobName", "Equals", "nope")), none: true},
		{what: "a status", search: all(filter("TrainingJobStatus", "Equals", "Failed"))},
		{what: "a text hyperparameter", search: all(filter("HyperParameters.optimizer", "Equals", "adam")), mlflow: "params.optimizer = 'adam'"},
		{what: "a numeric hyperparameter below a bound", search: all(filter("HyperParameters.learning_rate", "LessThan", "0.01"))},
		{what: "part of a hyperparameter", search: all(filter("HyperParameters.h07", "Contains", "12")), mlflow: "params.h07 LIKE '%12%'"},
		{what: "one of some texts", search: all(filter("HyperParameters.optimizer", "In", "sgd,rmsprop")), mlflow: "", order: ""},
		{what: "a metric above a bound", search: all(filter("Metrics.validation:m0", "GreaterThan", "0.99")), mlflow: "metrics.`validation:m0` > 0.99"},
		{what: "a metric in a range, best first", search: all(filter("Metrics.validation:m1", "GreaterThan", "0.4"), filter("Metrics.validation:m1", "LessThan", "0.6")),
			by: "Metrics.validation:m1", mlflow: "metrics.`validation:m1` > 0.4 AND metrics.`validation:m1` < 0.6", order: "metrics.`validation:m1` DESC"},
		{what: "everything, by a metric", by: "Metrics.validation:m2", mlflow: " ", order: "metrics.`validation:m2` DESC"},
		{what: "everything, by a text", by: "HyperParameters.optimizer", ascending: true},
		{what: "a tag", search: all(filter("Tags.team", "Equals", "team-3")), mlflow: "tags.team = 'team-3'"},
		{what: "a tag that is not there", search: all(filter("Tags.team", "NotExists", "")), mlflow: ""},
		{what: "three metrics and two hyperparameters", search: all(filter("Metrics.validation:m3", "GreaterThan", "0.5"), filter("Metrics.validation:m4", "GreaterThan", "0.5"),
			filter("Metrics.validation:m5", "LessThan", "0.5"), filter("HyperParameters.optimizer", "Equals", "sgd"), filter("HyperParameters.batch_size", "Equals", "64")),
			mlflow: "metrics.`validation:m3` > 0.5 AND metrics.`validation:m4` > 0.5 AND metrics.`validation:m5` < 0.5 AND params.optimizer = 'sgd' AND params.batch_size = '64'"},
		{what: "any of five", search: either(filter("Metrics.validation:m6", "GreaterThan", "0.995"), filter("HyperParameters.h08", "Equals", "0.5"), filter("HyperParameters.h09", "Equals", "0.25"),
			filter("FailureReason", "Contains", "step 77"), filter("Tags.team", "Equals", "team-1"))},
		{what: "one channel with a name and a place", search: nested(filter("InputDataConfig.ChannelName", "Equals", "train"), filter("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "data-7/train"))},
		{what: "sub-expressions", search: object{"Filters": []object{filter("TrainingJobStatus", "Equals", "Completed")}, "SubExpressions": []object{
			either(filter("HyperParameters.h10", "GreaterThan", "0.98"), filter("HyperParameters.h11", "LessThan", "0.02")),
			either(filter("Metrics.validation:m7", "LessThan", "0.1"), filter("Metrics.validation:m8", "GreaterThan", "0.9"))}}},
		{what: "any hyperparameter", search: all(filter("HyperParameters", "Contains", "rmsp"))},
	}
}
