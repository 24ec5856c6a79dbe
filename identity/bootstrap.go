package identity

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// Bootstrap answers the key pair that dataDir's credentials file holds for
// account. At the first start, or when the database does not know the one in the
// file, it makes a pair. The file (0600) has the format of AWS's shared
// credentials file, so AWS_SHARED_CREDENTIALS_FILE can point at it: the profile
// "default" is account, and every account that was ever served from this
// directory is a profile of its own.
func (k *Keys) Bootstrap(ctx context.Context, dataDir, account string) (key Key, err error) {
	if err := checkAccount(account); err != nil {
		return Key{}, err
	}
	dir := datadir.Dir(dataDir)
	err = dir.Alone("credentials", func() error {
		profiles, err := ReadProfiles(dir.Credentials())
		if err != nil {
			return err
		}
		key = profiles[account]
		known, ok := k.current.Load().secrets[key.ID]
		if !ok || known.SecretAccessKey != key.Secret.Reveal() || known.Caller.Account != account {
			if key, err = k.Create(ctx, account); err != nil {
				return err
			}
		}
		key.Account = account
		if profiles[account].ID == key.ID && profiles["default"].ID == key.ID {
			return nil
		}
		profiles[account], profiles["default"] = key, key
		return datadir.Replace(dir.Credentials(), formatProfiles(profiles), 0o600)
	})
	if err != nil {
		return Key{}, fmt.Errorf("the server's own access key: %w", err)
	}
	return key, nil
}

// ReadProfiles reads a credentials file: the key of each profile. A file that
// does not exist has none.
func ReadProfiles(path string) (map[string]Key, error) {
	profiles := map[string]Key{}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return profiles, nil
	}
	if err != nil {
		return nil, err
	}
	name := ""
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if section, ok := strings.CutPrefix(line, "["); ok {
			name = strings.TrimSpace(strings.TrimSuffix(section, "]"))
			continue
		}
		field, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key := profiles[name]
		if accountPattern.MatchString(name) {
			key.Account = name
		}
		switch strings.TrimSpace(field) {
		case "aws_access_key_id":
			key.ID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			key.Secret = NewSecret(strings.TrimSpace(value))
		}
		profiles[name] = key
	}
	return profiles, nil
}

func formatProfiles(profiles map[string]Key) []byte {
	var out bytes.Buffer
	out.WriteString("# Made by Sagebrush at its first start. AWS_SHARED_CREDENTIALS_FILE may point here.\n")
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		key := profiles[name]
		fmt.Fprintf(&out, "\n[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, key.ID, key.Secret.Reveal())
	}
	return out.Bytes()
}

var _ sigv4.Lookup = (*Keys)(nil).Lookup
