package iam

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/sagebrush/sagebrush/aws"
)

// checkTrust refuses a text that is no trust policy. What the policy says is
// not evaluated, see the package's documentation.
func checkTrust(text string) error {
	var doc struct {
		Version   *string
		Statement json.RawMessage
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	if err := dec.Decode(&doc); err != nil {
		return aws.Errorf(malformedPolicy, "This policy contains invalid Json: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return aws.Errorf(malformedPolicy, "This policy contains invalid Json: something follows the document")
	}
	if v := aws.Val(doc.Version); doc.Version != nil && v != "2012-10-17" && v != "2008-10-17" {
		return aws.Errorf(malformedPolicy, "Policy document must be version 2012-10-17 or greater.")
	}
	statements, err := readStatements(doc.Statement)
	if err != nil {
		return err
	}
	for _, s := range statements {
		switch has := func(k string) bool { _, ok := s[k]; return ok }; {
		case string(s["Effect"]) != `"Allow"` && string(s["Effect"]) != `"Deny"`:
			return aws.Errorf(malformedPolicy, "Syntax errors in policy: Effect of each statement is Allow or Deny.")
		case !has("Action") && !has("NotAction"):
			return aws.Errorf(malformedPolicy, "Missing required field Action")
		case !has("Principal") && !has("NotPrincipal"):
			return aws.Errorf(malformedPolicy, "AssumeRole policy must contain principals.")
		case has("Resource") || has("NotResource"):
			return aws.Errorf(malformedPolicy, "Has prohibited field Resource")
		}
	}
	return nil
}

// readStatements takes one statement or a list of them.
func readStatements(raw json.RawMessage) (out []map[string]json.RawMessage, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		raw = append(append([]byte("["), raw...), ']')
	}
	if err := json.Unmarshal(raw, &out); err != nil || len(out) == 0 {
		return nil, aws.Errorf(malformedPolicy, "Syntax errors in policy: Statement is one statement or a list of them.")
	}
	return out, nil
}
