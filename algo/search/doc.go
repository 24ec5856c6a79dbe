// Package search is the expression language of Search: what properties a record
// has, which records an expression selects, and in which order.
//
// A Type knows the properties of one kind of record by its API shape. Flatten
// turns a record into a Doc, a list of (property, value); Compile turns a
// SearchExpression into a Query; Query.Match is the meaning of the language.
//
// Columns hold the same values of many records, property by property, in a
// Segment. Query.Select answers for all of a segment's records at once what
// Match answers for one; it may say yes too often (for texts that were cut to
// maxText), never too seldom.
//
// Pure: no clock, no database. Rules: Search-2 … Search-16.
package search
