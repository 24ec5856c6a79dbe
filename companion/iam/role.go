package iam

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// role is a row of iam_role.
type role struct {
	account, name, path, id      string
	trust, description, boundary string
	// maxSession is in seconds.
	maxSession int32
	tags       []tag
	created    time.Time
}

// tag is how a role's tags are stored.
type tag struct{ Key, Value string }

const (
	// serviceTrust is the trust policy of a role that sprang into being.
	serviceTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	// defaultSession is IAM's default of MaxSessionDuration.
	defaultSession = 3600
	// longestSession is what a role that sprang into being allows: nobody knows
	// what its model in the cloud allows, so as much as can be.
	longestSession = 43200
)

// arn names the role.
func (r *role) arn(region string) string {
	return aws.ARN{Partition: aws.Partition(region), Service: "iam", Account: r.account,
		Resource: "role" + r.path + r.name}.String()
}

// output prints the role as the API does: the document is URL-encoded.
func (r *role) output(region string) *api.Role {
	out := &api.Role{
		Path: aws.Ptr(r.path), RoleName: aws.Ptr(r.name), RoleId: aws.Ptr(r.id), Arn: aws.Ptr(r.arn(region)),
		CreateDate:               aws.Ptr(r.created.Truncate(time.Second)),
		AssumeRolePolicyDocument: aws.Ptr(strings.ReplaceAll(url.QueryEscape(r.trust), "+", "%20")),
		MaxSessionDuration:       aws.Ptr(r.maxSession),
	}
	if r.description != "" {
		out.Description = aws.Ptr(r.description)
	}
	if r.boundary != "" {
		out.PermissionsBoundary = &api.AttachedPermissionsBoundary{
			PermissionsBoundaryType: api.PermissionsBoundaryAttachmentTypePermissionsBoundaryPolicy,
			PermissionsBoundaryArn:  aws.Ptr(r.boundary),
		}
	}
	for _, t := range r.tags {
		out.Tags = append(out.Tags, &api.Tag{Key: aws.Ptr(t.Key), Value: aws.Ptr(t.Value)})
	}
	return out
}

// find reads a role; nil when there is none.
func find(tx *store.Tx, account, name string) (*role, error) {
	r := &role{account: account}
	var tags string
	var created int64
	err := tx.QueryRow(`select name, path, id, trust, description, boundary, max_session, tags, created_at
		from iam_role where account = $1 and folded = $2`, account, strings.ToLower(name)).
		Scan(&r.name, &r.path, &r.id, &r.trust, &r.description, &r.boundary, &r.maxSession, &tags, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.created = store.FromMicros(created)
	return r, json.Unmarshal([]byte(tags), &r.tags)
}

// insert stores a new role with a fresh id; made is false when the name is taken.
func insert(tx *store.Tx, r *role) (made bool, err error) {
	r.id, r.created = newID(), tx.Now
	tags, err := json.Marshal(r.tags)
	if err != nil {
		return false, err
	}
	res, err := tx.Exec(`insert into iam_role (account, folded, name, path, id, trust, description, boundary, max_session, tags, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (account, folded) do nothing`,
		r.account, strings.ToLower(r.name), r.name, r.path, r.id, r.trust, r.description, r.boundary, r.maxSession, string(tags), store.Micros(r.created))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// spring finds a role or lets it spring into being under path.
func spring(tx *store.Tx, account, name, path string) (*role, error) {
	r, err := find(tx, account, name)
	if r != nil || err != nil {
		return r, err
	}
	r = &role{account: account, name: name, path: path, trust: serviceTrust, maxSession: longestSession}
	made, err := insert(tx, r)
	if err == nil && !made {
		return find(tx, account, name)
	}
	return r, err
}

// require finds the role of the operation's argument, or lets it spring into
// being, or says that there is none.
func (s *Service) require(tx *store.Tx, account, name string) (*role, error) {
	if !s.strict {
		return spring(tx, account, name, "/")
	}
	r, err := find(tx, account, name)
	if err == nil && r == nil {
		err = noRole(name)
	}
	return r, err
}

// newID makes a unique id of a role: AROA and 17 letters and digits.
func newID() string { return "AROA" + rand.Text()[:17] }

// roleResource is the last part of a role's ARN: an optional path and the name.
// It is large and made when first used: this binary also supervises programs,
// which begin when it has.
var roleResource = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^role(/(?:[!-~]{1,510}/)?)([\w+=,.@-]{1,64})$`)
})

// splitARN takes a role's ARN apart; ok is false for anything else.
func splitARN(arn string) (account, path, name string, ok bool) {
	a, ok := aws.ParseARN(arn)
	if !ok || a.Service != "iam" || a.Region != "" {
		return "", "", "", false
	}
	m := roleResource().FindStringSubmatch(a.Resource)
	if m == nil {
		return "", "", "", false
	}
	return a.Account, m[1], m[2], true
}
