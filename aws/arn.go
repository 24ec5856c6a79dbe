package aws

import "strings"

// ARN is an Amazon Resource Name, arn:partition:service:region:account:resource.
type ARN struct {
	Partition string // "aws", "aws-cn", "aws-us-gov"
	Service   string
	Region    string
	Account   string
	Resource  string // "training-job/name"
}

// SageMakerARN names a SageMaker resource, for example ("training-job", "mnist").
// The resource part is lower case, as the service prints it.
func SageMakerARN(s Scope, kind, name string) string {
	return ARN{Partition(s.Region), "sagemaker", s.Region, s.Account, kind + "/" + strings.ToLower(name)}.String()
}

// Partition is the ARN partition that a region belongs to.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// String prints the ARN in its canonical form.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// ParseARN splits s; ok is false when it is no ARN.
func ParseARN(s string) (a ARN, ok bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return ARN{}, false
	}
	return ARN{p[1], p[2], p[3], p[4], p[5]}, true
}
