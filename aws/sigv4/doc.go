// Package sigv4 verifies AWS Signature Version 4: who signed a request, with
// which key, for which service and region, and that nothing signed was altered
// on the way. It knows signatures in the Authorization header and in the query
// (presigned URLs), session tokens, and bodies that are sent in signed or
// checksummed chunks (aws-chunked). It is pure: where keys come from is a
// Lookup, what time it is an argument, and it holds no state but a bounded
// cache of derived signing keys inside a Verifier.
//
// A server uses it in two steps, because S3's bodies do not fit into memory:
//
//	signed, err := verifier.Verify(r, now)        // the head of the request
//	body, trailer := signed.Body(r.Body)          // the body, checked while it is read
//	... read body to io.EOF; only then is it what the client signed ...
//	crc := trailer.Get("x-amz-checksum-crc32")    // what the client added behind the body
//
// Services with small bodies read them first and call VerifyBody.
//
// Errors are *Failure: they carry a Reason for those who speak other error
// codes (S3 has its own) and unwrap to the *aws.Error that JSON services answer.
//
// Canonical form: S3's path is escaped once and never normalised, because "a//b"
// and "a/../b" are keys; everybody else's path is escaped twice.
package sigv4
