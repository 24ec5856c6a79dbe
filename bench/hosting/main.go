// Command hosting measures endpoints as their users meet them, with a forest that is
// served without Python: updates under a thousand requests a second, how long an
// endpoint and a serverless instance take to answer, and a thousand models behind one
// endpoint with room for fifty. There is no peer that does any of it; the time of a
// hit is compared with an endpoint of the one model.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// options of a run.
type options struct {
	rate    float64
	seconds float64
	times   int
	models  int
	room    int
	only    string
}

func main() {
	var o options
	flag.Float64Var(&o.rate, "rate", 1000, "requests a second during updates")
	flag.Float64Var(&o.seconds, "seconds", 8, "length of the load that an update happens in")
	flag.IntVar(&o.times, "times", 20, "endpoints, and serverless instances, that are started")
	flag.IntVar(&o.models, "models", 1000, "models behind one endpoint")
	flag.IntVar(&o.room, "room", 50, "how many of them the endpoint has room for")
	flag.StringVar(&o.only, "only", "updates,start,serverless,many", "what is measured, separated by commas")
	harness.Run("hosting", func(ctx context.Context, dir string, r *harness.Report) error {
		s, err := harness.Start(ctx, filepath.Join(dir, "server"), "--runner", "process", "--serverless-idle", "200ms")
		if err != nil {
			return err
		}
		defer func() { _ = s.Stop() }()
		if err := s.MakeBucket(ctx, bucket); err != nil {
			return err
		}
		b := &bench{Server: s, options: o, report: r}
		for _, part := range []struct {
			name    string
			measure func(ctx context.Context) error
		}{{"updates", b.updates}, {"start", b.start}, {"serverless", b.serverless}, {"many", b.many}} {
			if !strings.Contains(o.only, part.name) {
				continue
			}
			if err := part.measure(ctx); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
		return nil
	})
}

const (
	bucket = "bench-hosting"
	role   = "arn:aws:iam::123456789012:role/bench"
	image  = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
	row    = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8"
)

// bench is a run on one server.
type bench struct {
	*harness.Server
	options
	report *harness.Report
	made   int
}

// fields are the members of a request.
type fields map[string]any

func (b *bench) sagemaker(ctx context.Context, operation string, in fields, out any) error {
	return b.Call(ctx, "SageMaker."+operation, "sagemaker", in, out)
}

// name is one that was not used before.
func (b *bench) name(what string) string {
	b.made++
	return fmt.Sprintf("%s-%d", what, b.made)
}

// put uploads an object.
func (b *bench) put(ctx context.Context, key string, body []byte) error {
	r, err := b.S3(http.MethodPut, "/"+bucket+"/"+key, body, sigv4.UnsignedPayload)
	if err != nil {
		return err
	}
	_, err = harness.Do(ctx, r)
	return err
}

// model makes a model of the data beneath a key.
func (b *bench) model(ctx context.Context, key string, more fields) (string, error) {
	name := b.name("model")
	container := fields{"Image": image, "ModelDataUrl": "s3://" + bucket + "/" + key}
	for k, v := range more {
		container[k] = v
	}
	return name, b.sagemaker(ctx, "CreateModel", fields{"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": container}, nil)
}

// config makes a configuration of one variant.
func (b *bench) config(ctx context.Context, model string, more fields) (string, error) {
	name := b.name("config")
	variant := fields{"VariantName": "v", "ModelName": model}
	for k, v := range more {
		variant[k] = v
	}
	return name, b.sagemaker(ctx, "CreateEndpointConfig", fields{"EndpointConfigName": name, "ProductionVariants": []fields{variant}}, nil)
}

// endpoint makes an endpoint and waits for it.
func (b *bench) endpoint(ctx context.Context, config string) (string, error) {
	name := b.name("endpoint")
	if err := b.sagemaker(ctx, "CreateEndpoint", fields{"EndpointName": name, "EndpointConfigName": config}, nil); err != nil {
		return "", err
	}
	return name, b.settle(ctx, name, config)
}

// settle waits until an endpoint serves a configuration.
func (b *bench) settle(ctx context.Context, name, config string) error {
	for ctx.Err() == nil {
		var seen struct{ EndpointStatus, EndpointConfigName, FailureReason string }
		if err := b.sagemaker(ctx, "DescribeEndpoint", fields{"EndpointName": name}, &seen); err != nil {
			return err
		}
		switch {
		case seen.EndpointStatus == "InService" && seen.EndpointConfigName == config:
			return nil
		case seen.EndpointStatus == "Failed" || seen.FailureReason != "":
			return fmt.Errorf("the endpoint is %s: %s", seen.EndpointStatus, seen.FailureReason)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return ctx.Err()
}

// ask is one invocation, signed.
func (b *bench) ask(endpoint, target string) (harness.Signed, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+b.Addr+"/endpoints/"+endpoint+"/invocations", strings.NewReader(row))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/csv")
	if target != "" {
		r.Header.Set("X-Amzn-SageMaker-Target-Model", target)
	}
	sum := sha256.Sum256([]byte(row))
	sigv4.Sign(r, b.Creds, "sagemaker", harness.Region, hex.EncodeToString(sum[:]), time.Now())
	return harness.Bytes(r)
}
