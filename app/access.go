package app

import (
	"context"
	"net"
	"os"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/clientenv"
)

// jobAccess lets the programs of jobs use this server as their role.
type jobAccess struct{ app *App }

// jobSession is the name of the role's session in a job, as in AWS.
const jobSession = "SageMaker"

// Variables are the environment of a program that acts as a role for d.
// caBundle is where the program finds the certificates to trust.
func (j jobAccess) Variables(ctx context.Context, scope aws.Scope, roleARN, caBundle string, d time.Duration) (map[string]string, error) {
	s, err := j.app.keys.Issue(ctx, scope, roleARN, jobSession, d)
	if err != nil {
		return nil, err
	}
	return clientenv.Job(clientenv.Target{
		Address: "http://" + j.Address(), Region: scope.Region,
		AccessKeyID: s.ID, SecretAccessKey: s.Secret.Reveal(), SessionToken: s.SessionToken.Reveal(),
		CABundle: caBundle, CACert: caBundle, Pinned: edge.IsAWS,
	}), nil
}

// Address is where this machine's programs reach the server: "127.0.0.1:4600".
func (j jobAccess) Address() string {
	host, port, err := net.SplitHostPort(j.app.Addr())
	if err != nil {
		return j.app.Addr()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// CABundle are the certificates to trust, PEM.
func (j jobAccess) CABundle() ([]byte, error) { return os.ReadFile(j.app.dir.CABundle()) }
