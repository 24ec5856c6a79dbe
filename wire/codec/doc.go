// Package codec turns requests and answers into the generated Go types of api/
// and back, by interpreting their schemas. There is no generated marshalling
// code: one codec serves all operations, so a fix is a fix for all.
//
// DecodeJSON and AppendJSON speak the bodies of the JSON and REST-JSON
// protocols. ReadRequest and WriteResponse (a server's side), WriteRequest and
// ReadResponse (a client's side) bind REST-JSON inputs and outputs to paths,
// query strings, headers, statuses and bodies.
//
// Decoding follows what AWS does:
//
//   - member names are case-sensitive, unknown members are skipped, of a member
//     that comes twice the last one counts;
//   - null is absent, except inside lists and maps, where it is an error;
//   - numbers that do not fit, wrong JSON types, broken base64 and the like are a
//     SerializationException that names the member;
//   - NaN, Infinity and -Infinity are strings; timestamps are epoch seconds with a
//     fraction, or ISO 8601 or RFC 822 strings;
//   - of a union exactly one member is set;
//   - an enum that is the empty string becomes schema.EmptyEnum, for the validator
//     to refuse.
//
// Input that is hostile rather than wrong is refused early: invalid UTF-8,
// nesting deeper than MaxDepth, anything after the value.
//
// Encoding writes members in the model's order, map keys sorted, timestamps as
// epoch seconds cut to the millisecond, as SageMaker does.
package codec
