package asyncinference

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// What a request has where it does not say (Async-1), in seconds.
const (
	defaultTTL        = 21600
	defaultInvocation = 900
)

// requests bounds what waits for one endpoint.
var requests = kit.Quota{Name: "async-requests", Default: 10_000}

// InvokeEndpointAsync accepts a request: when it answers, the request is in the
// queue of its endpoint, and its answer is going to be where the output says
// (Async-1). Whether the input is there shows when its turn has come.
func (s *Service) InvokeEndpointAsync(ctx context.Context, in *runtime.InvokeEndpointAsyncInput) (*runtime.InvokeEndpointAsyncOutput, error) {
	if err := checkInput(*in.InputLocation); err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	w := work{scope.Account, scope.Region, *in.EndpointName}
	var r *request
	// Guarded: an endpoint that goes at the same moment fails the request later, and
	// the bound is not to be kept to the last request.
	err := s.DB.UpdateGuarded(ctx, func(tx *store.Tx) error {
		e, err := s.Endpoints.AsyncEndpoint(tx, scope, w.Endpoint)
		if err != nil {
			return err
		}
		if err := admit(e, w); err != nil {
			return err
		}
		if most := s.Quotas.Limit(requests); most > 0 {
			if n, _, err := waiting(tx, w, most); err != nil {
				return err
			} else if n >= most {
				return aws.Errorf(aws.ThrottlingException, "Rate exceeded: %d requests wait for endpoint %s already. Send it later, or have the server started with --quota %s=N.", n, w.Endpoint, requests.Name)
			}
		}
		r = newRequest(e, in, tx.Now)
		if err := insert(tx, w, r); err != nil {
			return err
		}
		tx.OnCommit(func() { s.wake(w) })
		return s.Tasks.Add(tx, task.Spec{Kind: taskDrive, Key: w.key(), Payload: w})
	})
	if err != nil {
		return nil, err
	}
	return &runtime.InvokeEndpointAsyncOutput{InferenceId: &r.InferenceID, OutputLocation: aws.Optional(r.OutputLocation), FailureLocation: aws.Optional(r.FailureLocation)}, nil
}

// checkInput sees that the input can be an object.
func checkInput(uri string) error {
	_, key, err := blob.ParseURI(uri)
	if err == nil {
		err = blob.ValidKey(key)
	}
	if err != nil {
		return aws.Errorf(aws.ValidationError, "InputLocation %q is not of the form s3://bucket/key.", uri)
	}
	return nil
}

// admit refuses requests to endpoints that do not take them.
func admit(e *Endpoint, w work) error {
	switch {
	case e == nil:
		return aws.Errorf(aws.ValidationError, "Endpoint %s of account %s not found.", w.Endpoint, w.Account)
	case e.Refuses != "":
		return aws.Errorf(aws.ValidationError, "%s", e.Refuses)
	case e.Config == nil:
		return aws.Errorf(aws.ValidationError, "Endpoint %s is not an asynchronous one: call InvokeEndpoint, or give its configuration an AsyncInferenceConfig.", w.Endpoint)
	}
	return nil
}

// newRequest fixes everything that the answer depends on.
func newRequest(e *Endpoint, in *runtime.InvokeEndpointAsyncInput, now time.Time) *request {
	r := &request{id: newID(), acceptedAt: now, body: body{
		InferenceID: aws.Val(in.InferenceId), EndpointCreatedAt: e.CreatedAt, InputLocation: *in.InputLocation,
		ContentType: aws.Val(in.ContentType), Accept: aws.Val(in.Accept), Custom: aws.Val(in.CustomAttributes), InvocationSeconds: defaultInvocation,
	}}
	if r.InferenceID == "" {
		r.InferenceID = r.id
	}
	if n := in.InvocationTimeoutSeconds; n != nil {
		r.InvocationSeconds = *n
	}
	ttl := int32(defaultTTL)
	if n := in.RequestTTLSeconds; n != nil {
		ttl = *n
	}
	r.expiresAt = now.Add(time.Duration(ttl) * time.Second)
	out := e.Config.OutputConfig
	r.OutputLocation = location(aws.Val(out.S3OutputPath), r.id+".out")
	failures := aws.Val(out.S3FailurePath)
	if failures == "" { // somebody who waits for an object is to find one (D-231)
		failures = aws.Val(out.S3OutputPath)
	}
	r.FailureLocation = location(failures, r.id+"-error.out")
	r.KMSKeyID = aws.Val(out.KmsKeyId)
	if n := out.NotificationConfig; n != nil {
		r.SuccessTopic, r.ErrorTopic = aws.Val(n.SuccessTopic), aws.Val(n.ErrorTopic)
		r.AnswerToSuccess = slices.Contains(n.IncludeInferenceResponseIn, sagemaker.AsyncNotificationTopicTypesSuccessNotificationTopic)
		r.AnswerToError = slices.Contains(n.IncludeInferenceResponseIn, sagemaker.AsyncNotificationTopicTypesErrorNotificationTopic)
	}
	return r
}

// location is the object of that name below a path, "" without one.
func location(path, name string) string {
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(path, "/") + "/" + name
}

// newID is a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
