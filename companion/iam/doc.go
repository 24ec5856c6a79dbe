// Package iam answers the part of AWS IAM that programs for SageMaker use to
// find, make and check their execution role: GetRole, CreateRole,
// AttachRolePolicy, ListAttachedRolePolicies and SimulatePrincipalPolicy.
//
// # Roles
//
// Roles belong to an account, not to a region. Nobody makes roles for a local
// server, so a role springs into being the first time that somebody asks for
// it or hands it to a job: trusting SageMaker, without policies. With
// Options.StrictRoles only roles that were made by CreateRole exist, and the
// role that the caller itself acts in (see Service.GetRole).
//
// # Policies
//
// Sagebrush keeps the policies that were attached but evaluates none: every
// principal may do everything in its own account and nothing in another. That
// is what SimulatePrincipalPolicy answers. It refuses to judge policies that
// are sent along, because what it would say of them would not be true.
package iam
