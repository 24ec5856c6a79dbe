// Package sts answers the part of AWS STS that programs for SageMaker use:
// GetCallerIdentity and AssumeRole.
//
// The caller's identity is always an assumed-role ARN, because the SageMaker
// SDK derives the execution role from it; package identity decides which. Roles
// can be assumed only in the caller's own account: accounts are isolated from
// each other, and a trust policy does not change that.
//
// Session policies and session tags are accepted and have no effect, as
// policies are not evaluated (see package iam).
package sts
