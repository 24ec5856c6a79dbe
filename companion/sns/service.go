package sns

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/task"
)

// Codes of SNS that no other service has.
const (
	invalidParameter          aws.Code = "InvalidParameter"
	notFound                  aws.Code = "NotFound"
	topicLimitExceeded        aws.Code = "TopicLimitExceeded"
	subscriptionLimitExceeded aws.Code = "SubscriptionLimitExceeded"
	tagLimitExceeded          aws.Code = "TagLimitExceeded"
	resourceNotFound          aws.Code = "ResourceNotFound"
)

// taskDeliver is the kind of the task that a message to a subscriber is.
const taskDeliver = "sns/deliver"

// maxDeliveries bounds the messages that are on their way at a time.
const maxDeliveries = 64

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks *task.Queue
	// Address is where subscribers reach this server: "http://127.0.0.1:4600".
	Address string
	Logger  *slog.Logger
	Now     func() time.Time
}

// Service implements the operations. It is safe for concurrent use.
type Service struct {
	Config
	client *http.Client
	signer signer
	loads  loads
}

// New makes the service and registers its task handler.
func New(c Config) *Service {
	s := &Service{Config: c, client: newClient()}
	s.signer.base, s.signer.now = c.Base, c.Now
	c.Tasks.Handle(taskDeliver, task.HandlerOptions{Concurrency: maxDeliveries, Backoff: backoff}, s.deliver)
	return s
}

func missing(what, arn string) error {
	e := aws.Errorf(notFound, "%s does not exist: %s.", what, arn)
	e.Status = http.StatusNotFound
	return e
}

func invalid(format string, args ...any) error {
	return aws.Errorf(invalidParameter, "Invalid parameter: "+format, args...)
}

// limited is a refusal of one more; SNS answers 403.
func limited(code aws.Code, quota kit.Quota, limit int) error {
	e := aws.Errorf(code, "There are %d already, which is the limit %s. Delete some, or have the server started with --quota %s=N.", limit, quota.Name, quota.Name)
	e.Status = http.StatusForbidden
	return e
}
