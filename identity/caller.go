package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

const (
	// DefaultRole is the role whose session a long-term key stands for.
	DefaultRole = "SagebrushExecutionRole"
	// DefaultSession is the name of that session.
	DefaultSession = "sagebrush"
)

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	sessionPattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// RoleID is the unique id (AROA…) of an account's role, always the same for
// the same role.
func RoleID(account, role string) string {
	sum := sha256.Sum256([]byte("role/" + account + "/" + role))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// sessionCaller is the caller that a session of the role is (clients.md 0.2).
func sessionCaller(scope aws.Scope, keyID, role, session string) aws.Caller {
	arn := aws.ARN{
		Partition: aws.Partition(scope.Region), Service: "sts", Account: scope.Account,
		Resource: "assumed-role/" + role + "/" + session,
	}
	return aws.Caller{Scope: scope, AccessKeyID: keyID, ARN: arn.String(), UserID: RoleID(scope.Account, role) + ":" + session}
}

// checkAccount refuses what is no account number.
func checkAccount(account string) error {
	if !accountPattern.MatchString(account) {
		return aws.Invalid("%q is no account: it takes 12 digits, such as 123456789012.", account)
	}
	return nil
}

// roleName is the name of the role in the ARN arn:aws:iam::ACCOUNT:role/path/NAME.
func roleName(roleARN, account string) (string, error) {
	arn, ok := aws.ParseARN(roleARN)
	path, isRole := strings.CutPrefix(arn.Resource, "role/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	if !ok || arn.Service != "iam" || !isRole || name == "" {
		return "", aws.Invalid("%q is no role: it takes an ARN such as arn:aws:iam::%s:role/%s.", roleARN, account, DefaultRole)
	}
	if arn.Account != account {
		return "", aws.Errorf(aws.AccessDeniedException, "Role %s belongs to account %s and the caller to %s; accounts are isolated from each other.",
			roleARN, arn.Account, account)
	}
	return name, nil
}
