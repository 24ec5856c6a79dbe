package training

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type secondary = sagemaker.SecondaryStatus
type transition = kit.Transition[secondary, row]

// The transitions of a training job (CreateTrainingJob-22 … -24, -26; DescTJ-2).
// They move the secondary status; the primary one follows from it, see primary.
var (
	download = transition{Name: "download", To: sagemaker.SecondaryStatusDownloading,
		From: []secondary{sagemaker.SecondaryStatusStarting}}
	train = transition{Name: "train", To: sagemaker.SecondaryStatusTraining,
		From: []secondary{sagemaker.SecondaryStatusStarting, sagemaker.SecondaryStatusDownloading}}
	upload = transition{Name: "upload", To: sagemaker.SecondaryStatusUploading,
		From: []secondary{sagemaker.SecondaryStatusTraining}}
	complete = transition{Name: "complete", To: sagemaker.SecondaryStatusCompleted, Apply: end,
		From: []secondary{sagemaker.SecondaryStatusUploading}}
	fail = transition{Name: "fail", To: sagemaker.SecondaryStatusFailed, Apply: endFailed,
		From: []secondary{sagemaker.SecondaryStatusStarting, sagemaker.SecondaryStatusDownloading,
			sagemaker.SecondaryStatusTraining, sagemaker.SecondaryStatusInterrupted, sagemaker.SecondaryStatusUploading}}
	interrupt = transition{Name: "interrupt", To: sagemaker.SecondaryStatusInterrupted,
		From: []secondary{sagemaker.SecondaryStatusTraining}}
	restart = transition{Name: "restart", To: sagemaker.SecondaryStatusStarting, Apply: again,
		From: []secondary{sagemaker.SecondaryStatusInterrupted}}
	retry = transition{Name: "retry", To: sagemaker.SecondaryStatusStarting, Apply: again,
		From: []secondary{sagemaker.SecondaryStatusStarting, sagemaker.SecondaryStatusDownloading,
			sagemaker.SecondaryStatusTraining, sagemaker.SecondaryStatusUploading}}
	stop = transition{Name: "stop", To: sagemaker.SecondaryStatusStopping,
		From: []secondary{sagemaker.SecondaryStatusStarting, sagemaker.SecondaryStatusDownloading,
			sagemaker.SecondaryStatusTraining, sagemaker.SecondaryStatusInterrupted, sagemaker.SecondaryStatusUploading}}
	stopped = transition{Name: "stopped", To: sagemaker.SecondaryStatusStopped, Apply: end,
		From: []secondary{sagemaker.SecondaryStatusStopping}}
	outOfTime = transition{Name: "ran out of time", To: sagemaker.SecondaryStatusMaxRuntimeExceeded, Apply: end,
		From: []secondary{sagemaker.SecondaryStatusStopping}}
	waitedTooLong = transition{Name: "waited too long", To: sagemaker.SecondaryStatusMaxWaitTimeExceeded, Apply: end,
		From: []secondary{sagemaker.SecondaryStatusStopping}}
)

// Transitions is the whole table, for the test and the diagram in docs/.
var Transitions = []transition{download, train, upload, complete, fail, interrupt, restart, retry, stop, stopped, outOfTime, waitedTooLong}

// Reserved are the secondary statuses that no transition leads to, with the reason.
var Reserved = map[secondary]string{
	sagemaker.SecondaryStatusLaunchingMLInstances:     "retired, never emitted (CreateTrainingJob-23)",
	sagemaker.SecondaryStatusPreparingTrainingStack:   "retired, never emitted (CreateTrainingJob-23)",
	sagemaker.SecondaryStatusDownloadingTrainingImage: "retired, never emitted (CreateTrainingJob-23)",
	sagemaker.SecondaryStatusUpdating:                 "UpdateTrainingJob takes effect at once",
	sagemaker.SecondaryStatusRestarting:               "a job that is tried again is Starting (CreateTrainingJob-26)",
	sagemaker.SecondaryStatusPending:                  "a job that waits for capacity is Starting, and its message says so",
}

// primary is the TrainingJobStatus that goes with a secondary status (DescTJ-2).
func primary(s secondary) sagemaker.TrainingJobStatus {
	switch s {
	case sagemaker.SecondaryStatusCompleted:
		return sagemaker.TrainingJobStatusCompleted
	case sagemaker.SecondaryStatusFailed:
		return sagemaker.TrainingJobStatusFailed
	case sagemaker.SecondaryStatusStopping:
		return sagemaker.TrainingJobStatusStopping
	case sagemaker.SecondaryStatusStopped, sagemaker.SecondaryStatusMaxRuntimeExceeded, sagemaker.SecondaryStatusMaxWaitTimeExceeded:
		return sagemaker.TrainingJobStatusStopped
	}
	return sagemaker.TrainingJobStatusInProgress
}

// terminal says whether nothing follows s.
func terminal(s secondary) bool {
	switch primary(s) {
	case sagemaker.TrainingJobStatusCompleted, sagemaker.TrainingJobStatusFailed, sagemaker.TrainingJobStatusStopped:
		return true
	}
	return false
}

// end stamps TrainingEndTime, on jobs that really started (DescTJ-1).
func end(r *row, at time.Time) {
	j := &r.Body
	if j.StartedAt != nil {
		j.EndedAt = &at
	}
	j.Ran, j.AttemptAt = j.billed(at), nil
}

// endFailed is end for a job that failed: its time ended when that was found.
func endFailed(r *row, at time.Time) { end(r, r.Body.failedAt(at)) }

// again makes a job ready for its next attempt: it queues for capacity like a
// new one, and its time so far is kept.
func again(r *row, at time.Time) {
	j := &r.Body
	j.Ran, j.AttemptAt = j.billed(at), nil
	j.Claimed, j.Failure, j.FailedAt = false, "", nil
	j.Attempt++
	for i := range j.Hosts {
		j.Hosts[i].Handle = nil
	}
}

// fire moves the row, keeps its primary status in step and writes the history.
func fire(tr transition, r *row, at time.Time, message string) error {
	if err := tr.Fire(&r.Body.Secondary, r, at); err != nil {
		return err
	}
	r.Status = string(primary(r.Body.Secondary))
	closeHistory(r, at)
	entry := HistoryEntry{Status: r.Body.Secondary, Message: message, Start: at}
	if terminal(r.Body.Secondary) {
		entry.End = &at
	}
	r.Body.History = append(r.Body.History, entry)
	return nil
}

// begin is the status of a job that was just created.
func begin(r *row, at time.Time) {
	r.Body.Secondary = sagemaker.SecondaryStatusStarting
	r.Status = string(primary(r.Body.Secondary))
	r.Body.History = []HistoryEntry{{Status: r.Body.Secondary, Message: "Starting the training job", Start: at}}
}

func closeHistory(r *row, at time.Time) {
	if n := len(r.Body.History); n > 0 && r.Body.History[n-1].End == nil {
		r.Body.History[n-1].End = &at
	}
}

// note changes the message of the current entry, without a change of status.
func note(r *row, format string, args ...any) {
	if n := len(r.Body.History); n > 0 {
		r.Body.History[n-1].Message = fmt.Sprintf(format, args...)
	}
}
