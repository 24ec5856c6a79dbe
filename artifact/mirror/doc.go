// Package mirror keeps what lies below an S3 prefix equal to what a running
// program writes into a directory: checkpoints, whose deletions follow too
// (TrainContainer-10), tensors and TensorBoard files, which are only added
// (TrainContainer-11).
//
// A Mirror looks at the directory at an interval and compares it with what it
// knows to be uploaded. Looking costs a system call a file and is bounded to a
// twentieth of one processor, however many files there are; notices of the
// kernel would be cheaper for large trees at rest, and can be lost. What decide
// does with a look is a pure function.
//
// What is in S3 is never looked at after Restore, so what others add there is
// left alone, and a mirror deletes only objects that it has put there or
// restored itself, and only if nobody replaced them since.
//
// The journal, a file of the server's, says what is uploaded. Names are noted
// before they are uploaded, so a server that was killed at any moment and starts
// again deletes what the program deleted meanwhile and leaves no stray objects.
package mirror
