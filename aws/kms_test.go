package aws_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/aws"
)

// Common-3, Gen-7: a key has four spellings, that of a volume two; nothing given is
// the default key.
func TestKeys(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:kms:us-east-1:123456789012:"
	for key, want := range map[string][2]bool{ // any key, a volume's key
		"":                                     {true, true},
		"1234abcd-12ab-34cd-56ef-1234567890ab": {true, true},
		"mrk-1234abcd12ab34cd56ef1234567890ab": {true, true},
		arn + "key/1234abcd-12ab-34cd-56ef-1234567890ab": {true, true},
		"alias/ExampleAlias":                             {true, false},
		arn + "alias/ExampleAlias":                       {true, false},
		"alias/":                                         {false, false},
		arn + "key/":                                     {false, false},
		arn + "grant/x":                                  {false, false},
		"arn:aws:s3:::bucket/key/x":                      {false, false},
		"key/1234abcd":                                   {false, false},
		"my key":                                         {false, false},
		"ExampleAlias\n":                                 {false, false},
		"arn:aws:kms:us-east-1:key/":                     {false, false},
	} {
		for i, err := range []error{aws.CheckKey("KmsKeyId", key), aws.CheckVolumeKey("VolumeKmsKeyId", key)} {
			if (err == nil) != want[i] || err != nil && aws.CodeOf(err) != aws.ValidationException {
				t.Errorf("%q as %d: %v", key, i, err)
			}
		}
	}
}
