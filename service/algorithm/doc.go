// Package algorithm is the algorithm resources: an image with the contract that
// training jobs which name the algorithm have to keep.
//
// An algorithm is one row (algorithm.go). Without a ValidationSpecification it is
// Completed at once. With one, a durable task (validate.go) runs a training job
// for each profile under the validation role, by the same operation that clients
// call, and looks after it until it has ended:
//
//	Pending      the task has not begun
//	InProgress   the profiles' jobs run, one after the other    validate.go, profile.go
//	Completed    every job completed; the algorithm may be used
//	Failed       one did not; AlgorithmStatusDetails says why
//
// What jobs have to keep is checked by package contract; this package hands the
// specification out (TrainingSpecification).
//
// Rules: CreateAlgorithm-*, DescribeAlgorithm-*, DeleteAlgorithm-1, X-1, X-2.
package algorithm
