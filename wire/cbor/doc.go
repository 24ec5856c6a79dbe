// Package cbor speaks the bodies of Smithy's RPC v2 CBOR protocol, which today's
// SDKs speak to CloudWatch: one CBOR map per input and answer, member names as
// text, timestamps as tag 1.
//
// Decode binds a body to an input by its schema and Append writes an answer, as
// package codec does for JSON. Unknown members are skipped; null is absent.
// Hostile bodies are refused early: indefinite nesting, sizes that promise more
// than came, duplicate keys, invalid UTF-8, anything after the value.
package cbor
