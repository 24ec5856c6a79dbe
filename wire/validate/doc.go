// Package validate checks inputs against the constraints of their schemas and
// words the refusal as AWS does, all violations at once:
//
//	2 validation errors detected: Value 'x y' at 'trainingJobName' failed to satisfy
//	constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9]…; Value
//	null at 'roleArn' failed to satisfy constraint: Member must not be null
//
// The path has the members' names with a lower-case first letter, list positions
// counted from 1 ("inputDataConfig.1.member.channelName") and map keys
// ("trialComponents.loss.member.numberValue"). A list or map of scalars is
// refused as a whole, with all the constraints of its elements:
//
//	Value '{a=…}' at 'hyperParameters' failed to satisfy constraint: Map value must
//	satisfy constraint: [Member must have length less than or equal to 2500, Member
//	must have length greater than or equal to 0, Member must satisfy regular
//	expression pattern: .*]
//
// Patterns are in Java's dialect and must match the whole value; see package javare.
// Sensitive values are not printed ("Value at 'body' failed …").
package validate
