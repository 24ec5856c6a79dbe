package s3client

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// translate gives an answer of the external store its error of package blob and
// keeps the answer as detail.
func translate(err error) error {
	var api smithy.APIError
	var unsent *smithyhttp.RequestSendError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &unsent):
		return unavailable(err)
	case !errors.As(err, &api):
		return err
	}
	is := func(target error) error { return fmt.Errorf("%w: %w", target, err) }
	switch api.ErrorCode() {
	case "NoSuchBucket":
		return is(blob.ErrNoSuchBucket)
	case "NoSuchKey", "NotFound": // a HEAD does not say what is missing
		return is(blob.ErrNoSuchKey)
	case "NoSuchUpload":
		return is(blob.ErrNoSuchUpload)
	case "BucketAlreadyExists", "BucketAlreadyOwnedByYou":
		return is(blob.ErrBucketExists)
	case "BucketNotEmpty":
		return is(blob.ErrBucketNotEmpty)
	case "PreconditionFailed", "ConditionalRequestConflict":
		return is(blob.ErrPreconditionFailed)
	case "InvalidRange", "RequestedRangeNotSatisfiable":
		return is(blob.ErrInvalidRange)
	case "InvalidPart":
		return is(blob.ErrInvalidPart)
	case "InvalidPartOrder":
		return is(blob.ErrPartOrder)
	case "EntityTooSmall":
		return is(blob.ErrPartTooSmall)
	case "EntityTooLarge":
		return is(blob.ErrTooLarge)
	case "BadDigest", "XAmzContentChecksumMismatch", "InvalidDigest":
		return is(blob.ErrBadDigest)
	case "IncompleteBody":
		return is(blob.ErrIncomplete)
	case "InsufficientStorage", "XMinioStorageFull", "QuotaExceeded":
		return is(blob.ErrNoSpace)
	case "KeyTooLongError":
		return is(blob.ErrInvalidKey)
	case "NotImplemented":
		return is(errors.ErrUnsupported)
	case "InternalError", "ServiceUnavailable", "SlowDown":
		return unavailable(err)
	case "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
		return aws.Errorf(aws.AccessDeniedException,
			"The external S3 refused the request (%s): check the credentials this server was started with. %w", api.ErrorCode(), err)
	}
	return fmt.Errorf("external S3: %w", err)
}

// unavailable is the error of an external store that may answer later: clients
// and tasks try again.
func unavailable(err error) error {
	return aws.Errorf(aws.ServiceUnavailable, "The external S3 that holds the objects does not answer, try again later: %w", err)
}
