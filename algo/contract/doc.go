// Package contract holds training jobs to what an algorithm resource declares:
// its hyperparameters with their types and ranges, its channels, its instance
// types. It is pure, so that the service that keeps algorithms and the services
// that start jobs with them share the rules without knowing each other.
//
//	CheckSpecification   when the algorithm is made: does it contradict itself?
//	Check                when a job is made: does it keep the contract?
//	Fill                 what the algorithm adds to a job that does
//	CheckTuning          when a tuning job is made: may these be tuned?
//
// Every refusal is a ValidationException, one sentence that names the member,
// what was given and what the algorithm takes.
//
// Rules: CreateAlgorithm-2 … -5, CreateTrainingJob-4, DescribeAlgorithm-4 … -7.
package contract
