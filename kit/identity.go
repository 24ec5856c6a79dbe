package kit

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// UserContext is who made or changed a resource, as its description shows them:
// the Studio user profile when the caller acted through one, otherwise nothing
// but the fact (Gen-6).
func UserContext(ctx context.Context) *sagemaker.UserContext {
	return &sagemaker.UserContext{}
}

// UserContextWithIdentity is UserContext with the caller's IAM identity, which
// only model packages, their groups and projects show (Gen-6).
func UserContextWithIdentity(ctx context.Context) *sagemaker.UserContext {
	u := UserContext(ctx)
	if c, ok := aws.CallerFrom(ctx); ok && c.ARN != "" {
		u.IamIdentity = &sagemaker.IamIdentity{Arn: aws.Ptr(c.ARN), PrincipalId: aws.Ptr(c.UserID)}
	}
	return u
}
