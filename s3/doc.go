// Package s3 speaks the S3 protocol over a blob.Store: an http.Handler for
// everything that boto3, the AWS CLI and the SageMaker SDK do with S3.
//
// A request passes these stations (Handler.ServeHTTP): its address gives bucket
// and key (address.go), the table says which operation it is (route.go), the
// signature says whose it is (auth.go), the bucket must be the caller's
// (request.go), then the operation runs: one file each or with its siblings,
// named after the API. Errors are values with S3's codes (errors.go); only
// Handler writes them.
//
// # What differs from Amazon S3
//
//   - Buckets are private to their account; there are no ACLs, policies, public
//     access or grants. Canned ACLs other than private and
//     bucket-owner-full-control are refused as in a bucket with ownership enforced.
//   - There are no object versions: the only version id is "null".
//   - x-amz-server-side-encryption (AES256, aws:kms) and x-amz-storage-class are
//     stored and answered, and change nothing about how bytes lie on disk.
//     Customer-provided keys are refused.
//   - A checksum is stored when the client sends or asks for one; none is
//     computed unasked.
//   - Bucket configurations (CORS, lifecycle, policy, …) cannot be set; reading
//     one answers S3's "there is none". Whatever else S3 knows answers
//     NotImplemented and says so.
//   - A full disk answers InsufficientStorage with status 507.
package s3
