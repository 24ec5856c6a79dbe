package main

// service says what to take from one model.
type service struct {
	// id is the package below api/.
	id string
	// model is the folder and date below models/apis.
	model string
	// about completes the sentence "Package <id> is the generated API of …".
	about string
	// operations to take; nil takes all.
	operations []string
	// newer is a file in newer/ with what the service has got since the pinned
	// models and clients use, "" for none.
	newer string
}

// services is everything that is generated. Keep it in the order of the
// architecture: SageMaker first, then the neighbours.
var services = []service{
	{id: "sagemaker", model: "sagemaker/2017-07-24", about: "Amazon SageMaker"},
	{id: "sagemakerruntime", model: "runtime.sagemaker/2017-05-13", about: "Amazon SageMaker Runtime"},
	{id: "featurestoreruntime", model: "sagemaker-featurestore-runtime/2020-07-01", about: "Amazon SageMaker Feature Store Runtime"},
	{id: "a2iruntime", model: "sagemaker-a2i-runtime/2019-11-07", about: "Amazon Augmented AI Runtime"},
	{id: "sagemakermetrics", model: "sagemaker-metrics/2022-09-30", about: "Amazon SageMaker Metrics", newer: "sagemaker-metrics.json"},
	{id: "sts", model: "sts/2011-06-15", about: "the operations of AWS STS that are answered", operations: []string{
		"AssumeRole", "GetCallerIdentity",
	}},
	{id: "iam", model: "iam/2010-05-08", about: "the operations of AWS IAM that are answered", operations: []string{
		"AttachRolePolicy", "CreateRole", "GetRole", "ListAttachedRolePolicies", "SimulatePrincipalPolicy",
	}},
	{id: "sns", model: "sns/2010-03-31", about: "the operations of Amazon SNS that are answered", operations: []string{
		"ConfirmSubscription", "CreateTopic", "DeleteTopic", "GetSubscriptionAttributes", "GetTopicAttributes", "ListSubscriptions",
		"ListSubscriptionsByTopic", "ListTagsForResource", "ListTopics", "Publish", "SetTopicAttributes", "Subscribe",
		"TagResource", "Unsubscribe", "UntagResource",
	}},
	{id: "logs", model: "logs/2014-03-28", about: "the operations of Amazon CloudWatch Logs that are answered", operations: []string{
		"DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents",
	}},
	{id: "monitoring", model: "monitoring/2010-08-01", about: "the operations of Amazon CloudWatch that are answered", operations: []string{
		"DeleteAlarms", "DescribeAlarmHistory", "DescribeAlarms", "DescribeAlarmsForMetric",
		"DisableAlarmActions", "EnableAlarmActions", "GetMetricData", "GetMetricStatistics",
		"ListMetrics", "ListTagsForResource", "PutMetricAlarm", "PutMetricData", "SetAlarmState",
		"TagResource", "UntagResource",
	}},
	{id: "ecr", model: "ecr/2015-09-21", about: "the operations of Amazon ECR that are answered", operations: []string{
		"DescribeRepositories", "GetAuthorizationToken",
	}},
	{id: "autoscaling", model: "application-autoscaling/2016-02-06", about: "Application Auto Scaling"},
}
