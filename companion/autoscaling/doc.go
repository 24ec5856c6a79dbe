// Package autoscaling answers Application Auto Scaling for the variants of endpoints,
// and does what it says: a registered variant gets as many instances as its policies
// and scheduled actions ask for.
//
// # How it works
//
//	task of a scalable target, once a period:
//	  look at the variant → read the metrics → decide (pure) → commit the change → ask the endpoint for it
//
// A change is committed with its activity before the endpoint is asked, so that a
// server that dies in between leaves one that the next server takes up: asking for the
// same count twice is asking once. While a change is under way nothing is decided; it
// is over when the endpoint is in service again, and then the cooldowns begin.
//
// The task belongs to one server at a time (package task). It ends when the target is
// deregistered; a target whose variant is gone deregisters itself.
//
// # Time
//
// AWS decides by minutes: out after 3 above the target, in after 15 below it. Here a
// minute is Config.Period long. With a shorter one cooldowns are shorter in the same
// measure, and sums and counts are taken up to a minute, so that the same policy does
// the same, faster. Scheduled actions keep the clock's time.
package autoscaling
