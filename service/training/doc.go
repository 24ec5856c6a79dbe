// Package training is the training jobs: CreateTrainingJob and what happens
// until the job has ended.
//
// A job is one row (job.go) and one durable task. The operations (one file
// each) only change the row; the task's handler (run.go) is a loop that loads
// the row, decides the next step (next, pure), does it, and commits the
// transition (status.go). Whatever instant the server dies at, the loop goes
// on at the last committed transition, here or on another server:
//
//	Starting     take a turn on the machine          claim.go, queue.go, warm_pool.go, warm_cache.go
//	             bring the image, check the machine  prepare.go, infra_check.go
//	Downloading  lay out /opt/ml, bring the data     layout.go, stage.go, file_system.go
//	Training     start or find the programs          launch.go, environment.go, hosts.go
//	             watch them, and what goes along     watch.go, metrics.go, accompany.go, sync.go, usage.go, profile.go
//	Interrupted  end them, keep their checkpoints    interrupt.go
//	Uploading    archive the model and the output    upload.go
//	Stopping     end them, keep what they saved      wind_down.go
//
// An attempt is one way from Starting to the end of the programs. A spot job
// whose capacity is reclaimed, and one that RetryStrategy tries again, begins the
// next attempt at Starting; programs, networks and directories belong to one
// attempt, the log streams and the billed time to the job.
//
// What a request asks for is checked before anything is stored (check*.go), and
// its defaults are filled in (defaults.go), so that everything after it finds
// them there.
//
// Rules: CreateTrainingJob-*, StopTrainingJob-*, UpdateTrainingJob-*,
// ListTrainingJobs-*, WarmPool-*, TrainData-*, TrainContainer-*, DescTJ-*.
package training
