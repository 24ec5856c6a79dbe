// Package artifact brings what a job leaves behind to object storage: the model
// and the output of all of its hosts as one archive each, or as plain files
// (TrainContainer-8, -9). Package artifact/mirror does the same continuously for
// checkpoints and tensors; package artifact/tree reads the directories of
// programs that nobody trusts; package artifact/modeldata goes the other way and
// brings models to the programs that serve them.
//
// Nothing is spooled: an archive is compressed on all processors while it is
// uploaded, and holds a few megabytes in memory whatever its size.
package artifact
