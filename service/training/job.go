package training

import (
	"encoding/json"
	"time"

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
	// Claimed says that a server has begun to work on it.
	Claimed bool
	// StopCause is why it is stopping, "" while it is not.
	StopCause StopCause `json:",omitempty"`
	// Handle finds the program again after a restart.
	Handle json.RawMessage `json:",omitempty"`
	// Stream is the log stream of algo-1.
	Stream string `json:",omitempty"`
	// StartedAt and EndedAt are TrainingStartTime and TrainingEndTime (DescTJ-5).
	StartedAt, EndedAt *time.Time `json:",omitempty"`
	FailureReason      string     `json:",omitempty"`
	// Failure is the reason found while the program ended, before the upload of
	// its output; it becomes FailureReason with the last transition.
	Failure string `json:",omitempty"`
	// ModelArtifacts is the S3 URI of the model, "" until there is one.
	ModelArtifacts string `json:",omitempty"`
	// Metrics are the last value of each metric.
	Metrics []Metric `json:",omitempty"`
}

// HistoryEntry is one entry of SecondaryStatusTransitions (CreateTrainingJob-25).
type HistoryEntry struct {
	Status  sagemaker.SecondaryStatus
	Message string
	Start   time.Time
	End     *time.Time `json:",omitempty"`
}

// Metric is a value that a metric definition found in the log.
type Metric struct {
	Name  string
	Value float64
	Time  time.Time
	// Seq orders values within the job and makes publishing them twice harmless:
	// it is the position of the line in the log stream.
	Seq int64
}

// StopCause is why a job was stopped before its end.
type StopCause string

// The causes, each with its own terminal secondary status.
const (
	StopRequested  StopCause = "StopRequested"
	StopMaxRuntime StopCause = "MaxRuntime"
	StopMaxPending StopCause = "MaxPending"
)

type row = store.Row[Job]

var jobs = store.NewTable[Job]("training-job")

// work is the payload of the job's tasks.
type work struct {
	Account, Region, Name string
}
