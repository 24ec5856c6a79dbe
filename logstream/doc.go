// Package logstream keeps the log streams of programs: one append-only file a
// stream, one event a line of text.
//
// A line is "unixMillis message\n". Messages hold no newline and no NUL; lines
// longer than MaxLine are split into several events. Bytes are stored as the
// program wrote them and become valid UTF-8 (U+FFFD for what is none) when they
// are read. Timestamps never decrease within a stream, so that time can be found
// by binary search over byte offsets, and the byte offset of an event is its
// lasting identity: tokens of the logs API and the position of the metric
// scanner are offsets.
//
// One Writer at a time holds a stream (an flock proves it), any number of
// readers read it meanwhile. A reader sees whole lines only; the next Writer
// repairs a line that a crash tore. Nothing is fsynced: log lines survive the
// death of every process, not the loss of power.
//
// Splitter turns a program's raw output into lines. Catalog says in the store
// which streams exist and where their files are.
package logstream
