// Package monitoring answers the part of Amazon CloudWatch that clients of
// SageMaker use: metrics (PutMetricData, GetMetricStatistics, GetMetricData,
// ListMetrics) and alarms over them (PutMetricAlarm and its companions), which watch
// over deployments of endpoints (Deploy-3). Other services publish through it as well (Publish,
// PublishOnce), which is how a training job's metrics get into
// /aws/sagemaker/TrainingJobs (TrainContainer-13).
//
// # What is kept
//
// A metric is a namespace, a name and a set of dimensions in one account and
// region. Every report is kept as it came (table monitoring_datum): a value
// with the number of times it was seen, or a statistic set. Nothing is rolled
// up, so percentiles are exact at any age, by nearest rank.
//
// # How an answer is made
//
//	rows in time order → aggregate: one bucket a period (and unit) → statistic → answer
//
// Buckets are counted from the start of the question, which is rounded down as
// CloudWatch does (window). Reports of standard resolution count at their
// minute, those of StorageResolution 1 at their second.
//
// # Alarms
//
// An alarm is a row (alarm.go). Its state follows from its data by one pure function,
// judge (alarm_state.go); it is evaluated whenever somebody asks for it, and by Watch
// when nobody does (alarm_data.go), so that a change is seen as soon as the data are
// there.
//
// # Differences from CloudWatch
//
// A metric can be listed and read at once, not after minutes. Metric math knows
// + - * / ^, parentheses, numbers and ids; functions, SEARCH and SQL are
// refused. An alarm counts the present period as soon as it has a value. Actions of
// alarms are kept and not carried out; there are no composite alarms and no anomaly
// detection. Of the extended statistics only percentiles (p0 to p100) are there.
package monitoring
