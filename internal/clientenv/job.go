package clientenv

// Job is what the program of a job has in its environment, so that clients in
// it work without configuration: the keys of the job's role, the endpoint in
// every spelling that SDKs and SageMaker's toolkits read, the certificates, and
// the proxy for hosts that programs pin.
func Job(t Target) map[string]string {
	env := map[string]string{}
	for _, c := range Changes(t, nil) {
		if !c.Unset {
			env[c.Name] = c.Value
		}
	}
	env["AWS_SESSION_TOKEN"] = t.SessionToken
	// boto3 releases before August 2023 read none of the endpoint variables;
	// SageMaker's training toolkit hands this one on to them.
	env["S3_ENDPOINT_URL"] = t.Address
	env["AWS_ENDPOINT_URL_S3"] = t.Address
	// The certificate alone is a file of the server's, which a container does
	// not see: Node.js takes the bundle as well.
	env["NODE_EXTRA_CA_CERTS"] = t.CABundle
	return env
}
