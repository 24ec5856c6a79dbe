package training

import (
	"encoding/json"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// Job is what is stored of a training job. The row beside it holds name, ARN,
// times and the primary status, which always follows from Secondary.
type Job struct {
	// Request is the request as it was accepted, with its defaults filled in.
	Request sagemaker.CreateTrainingJobInput
	// Secondary is the status that the transitions move.
	Secondary sagemaker.SecondaryStatus
	// History is the SecondaryStatusTransitions, oldest first.
	History []HistoryEntry
	// Claimed says that this attempt has the machine's capacity and a server
	// works on it.
	Claimed bool
	// Attempt counts the launches: 0 for the first, one more after each spot
	// interruption and each retry.
	Attempt int
	// Retries counts the failures of ours that RetryStrategy made up for.
	Retries int `json:",omitempty"`
	// StopCause is why it is stopping, "" while it is not.
	StopCause StopCause `json:",omitempty"`
	// Image is the URI of its image, the request's own or its algorithm's.
	Image string
	// Container is the image reference when the job's programs run in containers,
	// "" when they are processes. Digest is the image's.
	Container, Digest string `json:",omitempty"`
	// Hosts are the job's instances, in order: algo-1 … algo-N.
	Hosts []Host
	// StartedAt and EndedAt are TrainingStartTime and TrainingEndTime (DescTJ-5).
	StartedAt, EndedAt *time.Time `json:",omitempty"`
	// AttemptAt is when this attempt was claimed; Ran is how long the attempts
	// before it ran. Together they are what is billed and what MaxRuntime limits.
	AttemptAt     *time.Time    `json:",omitempty"`
	Ran           time.Duration `json:",omitempty"`
	FailureReason string        `json:",omitempty"`
	// Failure is the reason found while the programs ended, before the upload of
	// their output; it becomes FailureReason with the last transition.
	Failure string `json:",omitempty"`
	// FailedAt is when Failure was found: the end of the training time, however
	// long the upload of the output then takes (CreateTrainingJob-28).
	FailedAt *time.Time `json:",omitempty"`
	// ModelArtifacts is the S3 URI of the model, "" until there is one.
	ModelArtifacts string `json:",omitempty"`
	// Metrics are the last value of each metric.
	Metrics []Metric `json:",omitempty"`
	// totals describe all values of each metric, between the end of the programs
	// and the transaction that notes it. They are not stored with the job.
	totals map[string]summary.Summary
	// Pool is what became of the job's instances after its end, nil where no warm
	// pool was asked for.
	Pool *Pool `json:",omitempty"`
	// Reused is the earlier job whose warm pool it runs on, "" without.
	Reused string `json:",omitempty"`
}

// Host is one instance of a job.
type Host struct {
	// Name is algo-1 …; Group the instance group, InstanceType its type.
	Name, Group, InstanceType string
	// GPUs are the numbers of those that this attempt may use, empty for none and
	// nil on a machine that has none.
	GPUs []int `json:",omitzero"`
	// Stream is its log stream.
	Stream string `json:",omitempty"`
	// Handle finds its program again after a restart, nil before it was started.
	Handle json.RawMessage `json:",omitempty"`
}

// HistoryEntry is one entry of SecondaryStatusTransitions (CreateTrainingJob-25).
type HistoryEntry struct {
	Status  sagemaker.SecondaryStatus
	Message string
	Start   time.Time
	End     *time.Time `json:",omitempty"`
}

// Metric is a value that a metric definition found in the log, or that was
// measured of an instance.
type Metric struct {
	Name  string
	Value float64
	Time  time.Time
	// Host is set for the metrics of an instance, "" for those of the job.
	Host string `json:",omitempty"`
	// Seq orders values within the job and makes publishing them twice harmless:
	// it says which line of which host's log stream the value is from.
	Seq int64
}

// StopCause is why a job was stopped before its end.
type StopCause string

// The causes, each with its own last status or message.
const (
	StopRequested  StopCause = "StopRequested"
	StopMaxRuntime StopCause = "MaxRuntime"
	StopMaxPending StopCause = "MaxPending"
	StopMaxWait    StopCause = "MaxWait"
)

// spot says whether the job runs on capacity that can be reclaimed.
func (j *Job) spot() bool {
	return j.Request.EnableManagedSpotTraining != nil && *j.Request.EnableManagedSpotTraining
}

// billed is how long the job's instances have run by now.
func (j *Job) billed(now time.Time) time.Duration {
	if j.AttemptAt == nil {
		return j.Ran
	}
	return j.Ran + now.Sub(*j.AttemptAt)
}

// failedAt is when a job that fails by now has failed.
func (j *Job) failedAt(now time.Time) time.Time {
	if j.FailedAt != nil {
		return *j.FailedAt
	}
	return now
}

type row = store.Row[Job]

var jobs = store.NewTable[Job]("training-job")

// work is the payload of the job's tasks.
type work struct {
	Account, Region, Name string
}
