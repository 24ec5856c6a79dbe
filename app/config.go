// Package app puts the house together: it opens the store, builds the rooms in
// the order in which they stand on each other, hands each service the small
// interfaces it needs, and mounts everything on one port. It decides nothing.
package app

import (
	"log/slog"
	"time"

	"github.com/sagebrush/sagebrush/kit"
)

// Config says how a server runs.
type Config struct {
	// Listen is the TCP address, port 0 for a free one.
	Listen string
	// DataDir holds everything that must survive.
	DataDir string
	// Database is "sqlite" (in DataDir) or a postgres:// URL.
	Database string
	// AccountID and Region are those of the key pair that the first start makes.
	AccountID, Region string
	// S3Endpoint, when set, is an external S3 that holds all objects;
	// its keys come from the environment's usual AWS variables.
	S3Endpoint string
	// StrictRoles keeps roles from springing into being.
	StrictRoles bool
	// TLSCert and TLSKey are files of the user's own certificate.
	TLSCert, TLSKey string
	// MaxJobs is how many training jobs run at the same time; 0 lets their instance
	// types decide (docs/capacity.md).
	MaxJobs int
	// Runner is RunnerAuto (also ""), RunnerProcess, RunnerDocker or RunnerFake.
	Runner string
	// RegistryCredentials is a file with the credentials of private registries, by
	// the ARN of a TrainingRepositoryCredentialsProvider; "" for none.
	RegistryCredentials string
	// FileSystems are the directories that stand for EFS and FSx file systems, by id.
	FileSystems map[string]string
	// JobMemory caps the memory of any job in bytes; 0 leaves the instance type's.
	JobMemory int64
	// Quotas are the limits on how many resources an account may have, by name;
	// what is not named keeps its default.
	Quotas kit.Quotas
	// StopGrace is how long a stopped job's program may save its work between
	// SIGTERM and SIGKILL; 0 takes training.DefaultStopGrace.
	StopGrace time.Duration
	// InvocationTimeout is how long a model may take to answer a request, and
	// MaxInvocationBody how many bytes a request may have; 0 takes proxy.DefaultTime
	// and proxy.DefaultMaxBody.
	InvocationTimeout time.Duration
	MaxInvocationBody int64
	// AutoscalingPeriod is how long what AWS's autoscaling does by minutes takes here,
	// in whole seconds as CloudWatch's periods are; 0 for a minute.
	AutoscalingPeriod time.Duration
	// ServerlessIdle is how long a serverless endpoint keeps an instance that has
	// nothing to do; 0 takes endpoint.DefaultServerlessIdle.
	ServerlessIdle time.Duration
	// NoSearch keeps no search index: Search and GetSearchSuggestions are refused,
	// and the next server that has one packs everything anew. All servers of one
	// database must agree.
	NoSearch bool
	// CacheDir holds the environments of images; "" takes the user's cache directory.
	CacheDir string
	// Version is what the server reports as its own.
	Version string
	// Supervisor is the command line that runs a program's supervisor; nil takes
	// this executable's.
	Supervisor []string
	// Init is the command line of a container's first process; nil takes this
	// executable's.
	Init []string
	// Feeder is the command line that brings data to programs; nil takes this
	// executable's.
	Feeder []string
	// Native is the command line that serves models without Python; nil takes this
	// executable's.
	Native []string
	Logger *slog.Logger
	Now    func() time.Time
}
