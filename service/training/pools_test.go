package training

import (
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// Instances are kept after success, after a stop and after a failure of the
// program, not after one of ours, and until their time is over; without a period there is no
// pool
// (WarmPool-1, Res-3, DescTJ-16).
func TestWhatKeepsAPool(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for i, c := range []struct {
		name, want string
		env        map[string]string
		keep       *int32
	}{
		{"completes", "Available", nil, aws.Ptr[int32](3600)},
		{"is-stopped", "Available", map[string]string{"FAKE_SLEEP": "1h"}, aws.Ptr[int32](3600)},
		{"fails", "Available", map[string]string{"FAKE_EXIT_CODE": "1"}, aws.Ptr[int32](3600)},
		{"is-lost", "Terminated", map[string]string{"FAKE_SLEEP": "1h"}, aws.Ptr[int32](3600)},
		{"expires", "Terminated", nil, aws.Ptr[int32](1)},
		{"no-time", "Terminated", nil, aws.Ptr[int32](0)},
		{"no-pool", "", nil, nil},
	} {
		req := request(c.name)
		req.Environment, req.ResourceConfig.KeepAlivePeriodInSeconds = c.env, c.keep
		req.ResourceConfig.VolumeSizeInGB = aws.Ptr(int32(i + 1)) // so that none takes another's
		b.create(req)
		switch c.name {
		case "is-stopped", "is-lost":
			out := b.await(c.name, in(sagemaker.SecondaryStatusTraining))
			if out.WarmPoolStatus.Status != "InUse" {
				t.Errorf("%s, while it trains: %+v", c.name, out.WarmPoolStatus)
			}
			if c.name == "is-stopped" {
				b.stop(c.name)
			} else {
				lose(t, b, work{home.Account, home.Region, c.name}.programID(0, "algo-1"))
			}
		}
		b.await(c.name, ended)
		if c.name == "expires" {
			b.await(c.name, func(out *sagemaker.DescribeTrainingJobOutput) bool { return out.WarmPoolStatus.Status != "Available" })
			if kept := b.describe(c.name).WarmPoolStatus.ResourceRetainedBillableTimeInSeconds; kept == nil || *kept < 1 {
				t.Errorf("the pool that expired was kept for %v s", kept)
			}
		}
		p := b.describe(c.name).WarmPoolStatus
		if (p == nil) != (c.want == "") || p != nil && string(p.Status) != c.want {
			t.Errorf("%s: %+v, want %q", c.name, p, c.want)
		}
	}
}

// D-81 (WarmPool-2): instances may be taken over however old they are.
func TestOldPool(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	warm := func(name string) *sagemaker.CreateTrainingJobInput {
		req := request(name)
		req.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](3600)
		return req
	}
	b.create(warm("old"))
	b.await("old", ended)
	b.edit("old", func(j *Job) {
		started := j.StartedAt.Add(-8 * 24 * time.Hour)
		j.StartedAt = &started
	})
	b.create(warm("new"))
	b.await("new", ended)
	if p := b.describe("old").WarmPoolStatus; p.Status != "Reused" || *p.ReusedByJob != "new" {
		t.Errorf("%+v", p)
	}
}

// A later job matches by everything that its instances are made of, and by nothing
// else (WarmPool-2).
func TestPoolMatch(t *testing.T) {
	t.Parallel()
	base := func() *sagemaker.CreateTrainingJobInput {
		in := full("pool")
		in.EnableManagedSpotTraining = nil
		return in
	}
	match := func(change func(*sagemaker.CreateTrainingJobInput)) string {
		in := base()
		change(in)
		return matchOf(home, in)
	}
	same := match(func(*sagemaker.CreateTrainingJobInput) {})
	seen := []string{same}
	for name, change := range map[string]func(*sagemaker.CreateTrainingJobInput){
		"RoleArn": func(in *sagemaker.CreateTrainingJobInput) {
			in.RoleArn = aws.Ptr("arn:aws:iam::123456789012:role/other")
		},
		"InstanceType":   func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.InstanceType = "ml.m5.xlarge" },
		"InstanceCount":  func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.InstanceCount = aws.Ptr[int32](2) },
		"VolumeSizeInGB": func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.VolumeSizeInGB = aws.Ptr[int32](2) },
		"VolumeKmsKeyId": func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.VolumeKmsKeyId = aws.Ptr("other") },
		"Subnets":        func(in *sagemaker.CreateTrainingJobInput) { in.VpcConfig.Subnets = []string{"subnet-2"} },
		"SecurityGroups": func(in *sagemaker.CreateTrainingJobInput) { in.VpcConfig.SecurityGroupIds = []string{"sg-2"} },
		"isolation":      func(in *sagemaker.CreateTrainingJobInput) { in.EnableNetworkIsolation = nil },
		"encryption":     func(in *sagemaker.CreateTrainingJobInput) { in.EnableInterContainerTrafficEncryption = nil },
	} {
		other := match(change)
		if slices.Contains(seen, other) {
			t.Errorf("%s does not count", name)
		}
		seen = append(seen, other)
	}
	if elsewhere := matchOf(aws.Scope{Account: "210987654321", Region: home.Region}, base()); slices.Contains(seen, elsewhere) {
		t.Error("another account's job matches")
	}
	for name, change := range map[string]func(*sagemaker.CreateTrainingJobInput){
		"the name": func(in *sagemaker.CreateTrainingJobInput) { in.TrainingJobName = aws.Ptr("other") },
		"the image": func(in *sagemaker.CreateTrainingJobInput) {
			in.AlgorithmSpecification.TrainingImage = aws.Ptr("other:1")
		},
		"hyperparameters": func(in *sagemaker.CreateTrainingJobInput) { in.HyperParameters = nil },
		"data":            func(in *sagemaker.CreateTrainingJobInput) { in.InputDataConfig = nil },
		"the period": func(in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](60)
		},
	} {
		if match(change) != same {
			t.Errorf("%s counts", name)
		}
	}
}
