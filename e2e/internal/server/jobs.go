package server

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TrainingJob is the request for a job that trains with the image and leaves its
// model under s3://bucket/out.
func TrainingJob(name, image, bucket string) map[string]any {
	return map[string]any{
		"TrainingJobName":        name,
		"AlgorithmSpecification": map[string]any{"TrainingImage": image, "TrainingInputMode": "File"},
		"RoleArn":                "arn:aws:iam::" + Account + ":role/Trainer",
		"OutputDataConfig":       map[string]any{"S3OutputPath": "s3://" + bucket + "/out"},
		"ResourceConfig":         map[string]any{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
		"StoppingCondition":      map[string]any{"MaxRuntimeInSeconds": 300},
	}
}

// Channel adds a channel with all objects under the URI to a request.
func Channel(request map[string]any, name, uri string) {
	channels, _ := request["InputDataConfig"].([]map[string]any)
	request["InputDataConfig"] = append(channels, map[string]any{"ChannelName": name,
		"DataSource": map[string]any{"S3DataSource": map[string]any{"S3DataType": "S3Prefix", "S3Uri": uri}}})
}

// Train creates a job. A patient client that finds the job made already counts
// that as success: its first answer may have been lost.
func (c *Client) Train(ctx context.Context, request map[string]any) error {
	err := c.Call(ctx, "sagemaker", "SageMaker.CreateTrainingJob", request, nil)
	var refused *Refusal
	if c.Patient && errors.As(err, &refused) && strings.HasSuffix(refused.Type, "ResourceInUse") {
		return nil
	}
	return err
}

// Job is what tests look at of a job.
type Job struct {
	TrainingJobStatus, SecondaryStatus, FailureReason string
	ModelArtifacts                                    struct{ S3ModelArtifacts string }
	ResourceConfig                                    struct{ InstanceCount int }
	InputDataConfig                                   []struct{ ChannelName string }
	SecondaryStatusTransitions                        []struct{ Status string }
}

// Describe is DescribeTrainingJob.
func (c *Client) Describe(ctx context.Context, name string) (j Job, err error) {
	err = c.Call(ctx, "sagemaker", "SageMaker.DescribeTrainingJob", map[string]string{"TrainingJobName": name}, &j)
	return j, err
}

// StopJob is StopTrainingJob.
func (c *Client) StopJob(ctx context.Context, name string) error {
	return c.Call(ctx, "sagemaker", "SageMaker.StopTrainingJob", map[string]string{"TrainingJobName": name}, nil)
}

// Ended waits until the job is in none of its passing states.
func (c *Client) Ended(ctx context.Context, name string) (Job, error) {
	for {
		j, err := c.Describe(ctx, name)
		if err != nil {
			return j, fmt.Errorf("%s, created and acknowledged: %w", name, err)
		}
		if j.TrainingJobStatus != "InProgress" && j.TrainingJobStatus != "Stopping" {
			return j, nil
		}
		if ctx.Err() != nil {
			return j, fmt.Errorf("%s is still %s: %w", name, j.SecondaryStatus, ctx.Err())
		}
		time.Sleep(pause)
	}
}

// logGroup is where training jobs log.
const logGroup = "/aws/sagemaker/TrainingJobs"

// Lines are the messages of the only host of a job, oldest first.
func (c *Client) Lines(ctx context.Context, name string) ([]string, error) {
	hosts, err := c.LinesOfHosts(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(hosts) != 1 {
		return nil, fmt.Errorf("%d log streams", len(hosts))
	}
	return hosts[0], nil
}

// LinesOfHosts are the messages of each host of a job, in the order of the hosts'
// names, oldest first.
func (c *Client) LinesOfHosts(ctx context.Context, name string) (hosts [][]string, err error) {
	var streams struct {
		LogStreams []struct{ LogStreamName string }
	}
	if err := c.Call(ctx, "logs", "Logs_20140328.DescribeLogStreams", map[string]string{"logGroupName": logGroup, "logStreamNamePrefix": name + "/"}, &streams); err != nil {
		return nil, err
	}
	for _, s := range streams.LogStreams {
		lines, err := c.stream(ctx, s.LogStreamName)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, lines)
	}
	return hosts, nil
}

// stream reads one log stream.
func (c *Client) stream(ctx context.Context, name string) (lines []string, err error) {
	in := map[string]any{"logGroupName": logGroup, "logStreamName": name, "startFromHead": true}
	for token := ""; ; {
		var page struct {
			Events           []struct{ Message string }
			NextForwardToken string
		}
		if err := c.Call(ctx, "logs", "Logs_20140328.GetLogEvents", in, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			lines = append(lines, e.Message)
		}
		if page.NextForwardToken == token { // it repeats at the end
			return lines, nil
		}
		token = page.NextForwardToken
		in["nextToken"] = token
	}
}

// Artifact reads the archive at an s3:// URI: regular files with their content,
// links as "-> target", directories as "/".
func (c *Client) Artifact(ctx context.Context, uri string) (map[string]string, error) {
	archive, err := c.S3(ctx, "GET", strings.TrimPrefix(uri, "s3:/"), nil)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			files[h.Name] = "/"
		case tar.TypeSymlink, tar.TypeLink:
			files[h.Name] = "-> " + h.Linkname
		default:
			text, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			files[h.Name] = string(text)
		}
	}
}

// NothingLeft waits until ended jobs have taken with them what they should: their
// /opt/ml, and the supervisors of their programs.
func (s *Server) NothingLeft(t testing.TB) {
	t.Helper()
	const patience = 15 * time.Second
	var left []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		if left = s.left(); len(left) == 0 {
			return
		}
	}
	t.Errorf("left behind: %q", left)
}

// left are the files of jobs, the processes that know the data directory beside
// the server, and what is mounted in it.
func (s *Server) left() (left []string) {
	_ = filepath.WalkDir(filepath.Join(s.Dir, "jobs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, path)
		}
		return nil
	})
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	for _, proc := range processes {
		text, err := os.ReadFile(proc)
		helper := bytes.Contains(text, []byte("supervise")) || bytes.Contains(text, []byte("feed"))
		if err == nil && helper && bytes.Contains(text, []byte(s.Dir)) {
			left = append(left, proc)
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mounts") // where there is none, nothing is mounted either
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, s.Dir) {
			left = append(left, line)
		}
	}
	return left
}
