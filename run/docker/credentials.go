package docker

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/moby/moby/api/types/registry"
)

// hubKey is the name under which `docker login` keeps Docker Hub.
const hubKey = "https://index.docker.io/v1/"

// configFile is what concerns us of docker's config.json.
type configFile struct {
	Auths map[string]struct {
		Auth          string `json:"auth"`
		IdentityToken string `json:"identitytoken"`
	} `json:"auths"`
	CredsStore  string            `json:"credsStore"`
	CredHelpers map[string]string `json:"credHelpers"`
}

// credentialsFor answers what to show the registry of a domain: the given ones,
// or those of `docker login` in the user's configuration ($DOCKER_CONFIG, or
// .docker in the home directory).
func credentialsFor(ctx context.Context, domain string, given Credentials) (registry.AuthConfig, error) {
	if given != (Credentials{}) {
		return registry.AuthConfig{Username: given.Username, Password: given.Password, IdentityToken: given.IdentityToken, ServerAddress: domain}, nil
	}
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return registry.AuthConfig{}, nil // a user without a home has not logged in
		}
		dir = filepath.Join(home, ".docker")
	}
	path := filepath.Join(dir, "config.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return registry.AuthConfig{}, nil
	}
	var c configFile
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return registry.AuthConfig{}, fmt.Errorf("read docker's configuration %s: %w", path, err)
	}
	key := domain
	if domain == "docker.io" {
		key = hubKey
	}
	helper := c.CredsStore
	if h, ok := c.CredHelpers[key]; ok {
		helper = h
	}
	if helper != "" {
		return askHelper(ctx, helper, key)
	}
	return c.stored(key)
}

// stored finds the credentials that the file itself holds.
func (c *configFile) stored(key string) (registry.AuthConfig, error) {
	for name, a := range c.Auths {
		host := strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://")
		host, _, _ = strings.Cut(host, "/")
		if name != key && host != key {
			continue
		}
		out := registry.AuthConfig{IdentityToken: a.IdentityToken, ServerAddress: key}
		if a.Auth != "" {
			pair, err := base64.StdEncoding.DecodeString(a.Auth)
			user, password, ok := strings.Cut(string(pair), ":")
			if err != nil || !ok {
				return out, fmt.Errorf("docker's configuration has no valid credentials for %s: log in again", name)
			}
			out.Username, out.Password = user, strings.TrimRight(password, "\x00")
		}
		return out, nil
	}
	return registry.AuthConfig{}, nil
}

// askHelper asks docker-credential-<helper>, as the docker command does.
func askHelper(ctx context.Context, helper, key string) (registry.AuthConfig, error) {
	cmd := exec.CommandContext(ctx, "docker-credential-"+helper, "get")
	cmd.Stdin = strings.NewReader(key)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		if strings.Contains(string(out)+complaint.String(), "credentials not found") {
			return registry.AuthConfig{}, nil
		}
		return registry.AuthConfig{}, fmt.Errorf("ask docker-credential-%s for %s: %w %s", helper, key, err, strings.TrimSpace(complaint.String()+string(out)))
	}
	var got struct{ Username, Secret string }
	if err := json.Unmarshal(out, &got); err != nil {
		return registry.AuthConfig{}, fmt.Errorf("docker-credential-%s answered nonsense: %w", helper, err)
	}
	if got.Username == "<token>" {
		return registry.AuthConfig{IdentityToken: got.Secret, ServerAddress: key}, nil
	}
	return registry.AuthConfig{Username: got.Username, Password: got.Secret, ServerAddress: key}, nil
}
