// Package logs answers the reading part of CloudWatch Logs over package
// logstream: DescribeLogGroups, DescribeLogStreams, GetLogEvents and
// FilterLogEvents. Programs' lines get there without this API.
//
// What clients depend on:
//
//   - A log group exists once it has a stream. Until then every operation but
//     DescribeLogGroups answers ResourceNotFoundException, which the SageMaker
//     Python SDK takes for "not yet".
//   - Lists answer a nextToken only when there is more.
//   - GetLogEvents always answers both tokens. They are byte offsets of the
//     stream's file, so the order of events never changes, and at the end the
//     same forward token comes back until there are new lines.
//   - startTime is inclusive, endTime exclusive. A page has at most 10,000
//     events and 1 MiB.
//   - Events appear about 20 ms after their line was written; the time of
//     ingestion is the time of arrival.
package logs
