package aws

import (
	"regexp"
	"strings"
)

// The two names that a key has by itself, and those of an alias (Common-3, Gen-7).
var (
	keyID   = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)
	aliasID = regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`)
)

// CheckKey refuses what is not one of the four spellings of a KMS key: its id, its
// ARN, the name of an alias and the ARN of an alias (Common-3, Gen-7). member is
// where it was given; the empty text means the default key, and there is no KMS
// here to say whether the key exists.
func CheckKey(member, key string) error {
	if key == "" || isKey(key, true) {
		return nil
	}
	return Invalid("%s %q does not name a KMS key. Give a key's id, its ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), an alias (alias/NAME) or an alias's ARN.", member, key)
}

// CheckVolumeKey is CheckKey for the volumes of instances, whose keys have no
// aliases: an id or the ARN of a key (Common-3, Gen-7).
func CheckVolumeKey(member, key string) error {
	if key == "" || isKey(key, false) {
		return nil
	}
	return Invalid("%s %q does not name a KMS key for a volume. Give a key's id or its ARN (arn:aws:kms:REGION:ACCOUNT:key/ID); aliases cannot be used here.", member, key)
}

// isKey recognises a key, or also an alias.
func isKey(key string, alias bool) bool {
	if a, ok := ParseARN(key); ok {
		id, isID := strings.CutPrefix(a.Resource, "key/")
		return a.Service == "kms" && (isID && keyID.MatchString(id) || alias && aliasID.MatchString(a.Resource))
	}
	return keyID.MatchString(key) || alias && aliasID.MatchString(key)
}
