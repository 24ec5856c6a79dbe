// Package training is the training jobs: CreateTrainingJob and what happens
// until the job has ended.
//
// A job is one row (job.go) and one durable task. The operations (one file
// each) only change the row; the task's handler (run.go) is a loop that loads
// the row, decides the next step (next, pure), does it, and commits the
// transition (status.go). Whatever instant the server dies at, the loop goes
// on at the last committed transition, here or on another server:
//
//	Starting     resolve the image, make its environment       prepare.go
//	Downloading  lay out /opt/ml, bring the channels' data     layout.go, download.go
//	Training     start or find the program, watch it           launch.go, watch.go, metrics.go
//	Uploading    archive the model and the output              upload.go
//	Stopping     end the program, keep what it saved
//
// Rules: CreateTrainingJob-*, StopTrainingJob-*, ListTrainingJobs-*,
// TrainData-*, TrainContainer-*, DescTJ-*.
package training
