// Package scaling decides how many instances a variant is to have, as Application
// Auto Scaling does: by target tracking, which keeps a metric such as
// SageMakerVariantInvocationsPerInstance near a value, and by steps, which answer an
// alarm. It is pure: metrics and a time in, a count out; what has to be remembered is
// a State that the caller keeps.
//
// Target tracking is careful about going down. Out it goes when the metric was above
// the target for 3 minutes, to as many instances as bring it to the target; in only
// when it was below 9/10 of the target for 15 minutes. A cooldown after going out holds
// both back, one after going in only further steps in. Minutes without a value prove
// nothing: a caller that knows that nothing was invoked says 0.
package scaling
