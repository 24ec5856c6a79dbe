// Package experiment is the experiments, their trials and the trial components
// (runs, in newer words), and the metrics of components.
//
// An experiment is a row (experiment.go), a trial another whose Parent is its
// experiment (trial.go), a component a third (component.go); a component belongs
// to any number of trials (member.go). Names are the same in any letter case: rows
// are kept under the name in lower case, bodies hold the name as it was given.
//
// Metrics come one by one (batch_put_metrics.go). Of each metric and source there
// is one row that summarizes it, kept up with every point (metric.go, package
// algo/summary), so that describing a component costs the same after a million
// points; the points are read again by batch_get_metrics.go.
//
// Training jobs join by themselves (job.go): package training calls RecordJob and
// RecordJobMetrics in the transactions that start and end a job.
//
// Rules: Co-8, Co-9, Search-10, Search-19, CreateTrainingJob-18, -21, DescTJ-20,
// Gen-*, Common-*, Err-*.
package experiment
