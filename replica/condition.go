package replica

import "time"

// Phase is how far a replica is.
type Phase int

const (
	// Coming: its model is being brought, its programs start, or they do not answer
	// yet.
	Coming Phase = iota
	// Healthy: all its containers answer /ping.
	Healthy
	// Ailing: it was healthy and does not answer any more, or its programs ended.
	Ailing
	// Hopeless: it never was healthy and will not be.
	Hopeless
)

// Condition is what is known of a replica.
type Condition struct {
	Phase Phase
	// Reason says what is wrong with it, a sentence for the user.
	Reason string
	// Images are what its containers' images were resolved to; nil while unknown.
	Images []Resolved
	// Lost says that its programs were gone when the server came back.
	Lost bool
	// Unseen says that nobody has looked at it yet: a server that comes back may find
	// it serving.
	Unseen bool
}

// Resolved is a container's image as it runs (DescribeEndpoint-4).
type Resolved struct {
	Specified, Resolved string
	At                  time.Time
}
