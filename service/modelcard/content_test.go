package modelcard

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
)

// full is a content with every section, as version 2 of the SDK writes them.
const full = `{
"model_overview":{"model_id":"arn:aws:sagemaker:us-east-1:123456789012:model/m","model_name":"churn","model_description":"Predicts churn; Größe","model_version":2,
 "problem_type":"Binary Classification","algorithm_type":"xgboost","model_creator":"team","model_owner":"owner","model_artifact":["s3://bucket/a.tar.gz","s3://bucket/b.tar.gz"],
 "inference_environment":{"container_image":["683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"]}},
"model_package_details":{"model_package_arn":"arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/3","model_package_group_name":"churn","model_package_version":3.0,
 "model_package_status":"Completed","model_approval_status":"Approved","created_by":{"user_profile_name":"ann"},
 "source_algorithms":[{"algorithm_name":"forest","model_data_url":"s3://bucket/a.tar.gz"}],"inference_specification":{"containers":[{"image":"i","model_data_url":"s3://bucket/a.tar.gz"}]}},
"intended_uses":{"purpose_of_model":"keep customers","intended_uses":"monthly","factors_affecting_model_efficiency":"season","risk_rating":"High","explanations_for_risk_rating":"money"},
"business_details":{"business_problem":"churn","business_stakeholders":"sales","line_of_business":"telco"},
"training_details":{"objective_function":{"function":{"function":"Minimize","facet":"Loss","condition":"validation"},"notes":"log loss"},"training_observations":"fine",
 "training_job_details":{"training_arn":"arn:t","training_datasets":["s3://bucket/in"],"training_environment":{"container_image":["t"]},
 "training_metrics":[{"name":"auc","value":0.875},{"name":"loss","value":1e-3,"notes":"at the end"}],"user_provided_training_metrics":[{"name":"f1","value":0.5}],
 "hyper_parameters":[{"name":"max_depth","value":"5"}],"user_provided_hyper_parameters":[{"name":"seed","value":"7"}]}},
"evaluation_details":[{"name":"holdout","evaluation_observation":"stable","evaluation_job_arn":"arn:e","datasets":["s3://bucket/test"],"metadata":{"split":"time"},
 "metric_groups":[{"name":"binary","metric_data":[{"name":"accuracy","type":"number","value":0.9375},{"name":"passed","type":"boolean","value":true,"notes":"all"},{"name":"verdict","type":"string","value":"good"},
 {"name":"roc","type":"linear_graph","value":[[0,0],[0.25,0.75],[1,1]],"x_axis_name":"fpr","y_axis_name":"tpr"},{"name":"importance","type":"bar_chart","value":[3,1.5],"x_axis_name":["age","plan"],"y_axis_name":"gain"},
 {"name":"confusion","type":"matrix","value":[[41,2],[3,54]],"x_axis_name":["yes","no"],"y_axis_name":["yes","no"]}]}]}],
"additional_information":{"ethical_considerations":"none","caveats_and_recommendations":"retrain","custom_details":{"contact":"ann@example.com"}}}`

// What clients write is taken, and what the schema does not allow is refused with
// the place and the reason.
func TestContent(t *testing.T) {
	t.Parallel()
	c := newContent()
	for _, good := range []string{"{}", full, " {\"evaluation_details\":[]}\n", `{"model_overview":{"model_description":"` + strings.Repeat("ü", 1024) + `"}}`} {
		if err := c.check(good); err != nil {
			t.Errorf("%.80s: %v", good, err)
		}
	}
	metric := func(text string) string {
		return `{"evaluation_details":[{"name":"e","metric_groups":[{"name":"g","metric_data":[` + text + `]}]}]}`
	}
	for bad, want := range map[string]string{
		"":                          "ends too early",
		"{":                         "ends too early",
		"{}{}":                      "more after the first value",
		"{} x":                      "more after the first value",
		`{"a":NaN}`:                 "not JSON",
		"[]":                        "the whole: got array, want object",
		"null":                      "the whole: got null, want object",
		`{"extra":1}`:               "the whole: additional properties 'extra' not allowed",
		`{"model_overview":1}`:      "model_overview: got number, want object",
		`{"model_overview":{"x":1}`: "ends too early",
		`{"model_overview":{"out_of_scope":"x"}}`:                                                       "model_overview: additional properties 'out_of_scope' not allowed",
		`{"model_overview":{"model_description":"` + strings.Repeat("x", 1025) + `"}}`:                  "model_overview.model_description: maxLength",
		`{"model_overview":{"model_version":0}}`:                                                        "model_overview.model_version: minimum",
		`{"model_overview":{"model_artifact":[` + strings.Repeat(`"a",`, 15) + `"a"]}}`:                 "model_overview.model_artifact: maxItems",
		`{"intended_uses":{"risk_rating":"Extreme"}}`:                                                   "intended_uses.risk_rating: value must be one of 'High', 'Medium', 'Low', 'Unknown'",
		`{"training_details":{"objective_function":{"function":{"function":"Guess"}}}}`:                 "training_details.objective_function.function.function",
		`{"training_details":{"training_job_details":{"training_metrics":[{"name":"a","value":"1"}]}}}`: "training_details.training_job_details.training_metrics[0].value: got string, want number",
		`{"training_details":{"training_job_details":{"hyper_parameters":[{"name":"a","value":1}]}}}`:   "hyper_parameters[0].value: got number, want string",
		`{"evaluation_details":[{"datasets":[]}]}`:                                                      "evaluation_details[0]: missing property 'name'",
		`{"evaluation_details":[{"name":""}]}`:                                                          "evaluation_details[0].name: minLength",
		metric(`{"name":"a","type":"number","value":"1"}`):                                              "metric_data[0].value: got string, want number",
		metric(`{"name":"a","type":"boolean","value":"true"}`):                                          "metric_data[0].value: got string, want boolean",
		metric(`{"name":"a","type":"pie","value":1}`):                                                   "metric_data[0].type: value must be one of",
		metric(`{"name":"a","type":"linear_graph","value":[[1,2,3]]}`):                                  "metric_data[0].value[0]: maxItems",
		metric(`{"name":"a","type":"bar_chart","value":[]}`):                                            "metric_data[0].value: minItems",
		metric(`{"name":"a","type":"matrix","value":[["x"]]}`):                                          "metric_data[0].value[0][0]: got string, want number",
		metric(`{"name":"a","value":1}`):                                                                "metric_data[0]: missing property 'type'",
		`{"additional_information":{"custom_details":{"k":1}}}`:                                         "additional_information.custom_details.k: got number, want string",
	} {
		err := c.check(bad)
		if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", bad, err, want)
		}
	}
}
