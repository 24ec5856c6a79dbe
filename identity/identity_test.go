package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const account = "123456789012"

func open(t *testing.T, db *store.DB, now func() time.Time) *identity.Keys {
	t.Helper()
	k, err := identity.New(t.Context(), db, identity.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func wantCode(t *testing.T, what string, err error, code aws.Code) {
	t.Helper()
	if err == nil || aws.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestLifeOfAKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := open(t, db, nil)
		ctx := t.Context()
		key, err := k.Create(ctx, account)
		if err != nil {
			t.Fatal(err)
		}
		if len(key.ID) != 20 || !strings.HasPrefix(key.ID, "AKIA") || len(key.Secret.Reveal()) != 40 {
			t.Errorf("key %s with a secret of %d characters", key.ID, len(key.Secret.Reveal()))
		}
		s, err := k.Lookup(ctx, key.ID, "")
		if err != nil || s.SecretAccessKey != key.Secret.Reveal() {
			t.Fatalf("Lookup: %v", err)
		}
		// clients.md 0.2: a role's session, never a user.
		if want := "arn:aws:sts::123456789012:assumed-role/SagebrushExecutionRole/sagebrush"; s.Caller.ARN != want || s.Caller.Account != account {
			t.Errorf("caller %+v, want %s", s.Caller, want)
		}
		if id, session, _ := strings.Cut(s.Caller.UserID, ":"); len(id) != 21 || session != "sagebrush" {
			t.Errorf("user id %q", s.Caller.UserID)
		}
		listed, err := k.List(ctx, account)
		if err != nil || len(listed) != 1 || listed[0].ID != key.ID || listed[0].Secret.Reveal() != "" || !listed[0].CreatedAt.Equal(key.CreatedAt) {
			t.Errorf("List: %+v, %v", listed, err)
		}
		wantCode(t, "Delete of another account's key", k.Delete(ctx, "999999999999", key.ID), aws.NoSuchEntity)
		if err := k.Delete(ctx, account, key.ID); err != nil {
			t.Fatal(err)
		}
		_, err = k.Lookup(ctx, key.ID, "")
		wantCode(t, "Lookup of a deleted key", err, aws.UnrecognizedClientException)
		wantCode(t, "second Delete", k.Delete(ctx, account, key.ID), aws.NoSuchEntity)
		_, err = k.Create(ctx, "12")
		wantCode(t, "Create for no account", err, aws.ValidationException)
	})
}

// Two servers on one database: a new key works at once, a deleted one stops
// within seconds.
func TestServersHearOfEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if db.Dialect() == "sqlite" {
			t.Skip("NOT TESTED on SQLite, which has one server: PostgreSQL tests it (install it, or set SAGEBRUSH_TEST_POSTGRES)")
		}
		a, b := open(t, db, nil), open(t, db, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var watching sync.WaitGroup
		watching.Go(func() { b.Watch(ctx) })
		key, err := a.Create(ctx, account)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Lookup(ctx, key.ID, ""); err != nil {
			t.Errorf("the other server does not know the new key: %v", err)
		}
		if err := a.Delete(ctx, account, key.ID); err != nil {
			t.Fatal(err)
		}
		for gone := false; !gone; {
			_, err := b.Lookup(ctx, key.ID, "")
			gone = err != nil
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				t.Fatal("the other server still accepts the deleted key")
			}
		}
		cancel()
		watching.Wait()
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Now()
		clock := func() time.Time { return now }
		a, b := open(t, db, clock), open(t, db, clock)
		ctx := t.Context()
		scope := aws.Scope{Account: account, Region: "cn-north-1"}
		s, err := a.Issue(ctx, scope, "arn:aws-cn:iam::123456789012:role/path/to/Trainer", "job-1", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.ID) != 20 || !strings.HasPrefix(s.ID, "ASIA") || len(s.Secret.Reveal()) != 40 {
			t.Errorf("credentials %+v", s)
		}
		token := s.SessionToken.Reveal()
		got, err := b.Lookup(ctx, s.ID, token) // another server of the database
		if err != nil {
			t.Fatal(err)
		}
		if want := "arn:aws-cn:sts::123456789012:assumed-role/Trainer/job-1"; got.Caller.ARN != want || got.SecretAccessKey != s.Secret.Reveal() || got.Caller != s.Caller {
			t.Errorf("caller %+v, want %s", got.Caller, want)
		}
		other, err := a.Issue(ctx, scope, "arn:aws-cn:iam::123456789012:role/Trainer", "job-2", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct{ id, token string }{
			"without its token": {s.ID, ""},
			"another's token":   {s.ID, other.SessionToken.Reveal()},
			"altered token":     {s.ID, token[:20] + "A" + token[21:]},
			"shortened token":   {s.ID, token[:8]},
			"no token at all":   {s.ID, "!"},
		} {
			if c.token == token {
				continue
			}
			_, err := a.Lookup(ctx, c.id, c.token)
			wantCode(t, name, err, aws.UnrecognizedClientException)
		}
		now = now.Add(time.Hour)
		_, err = b.Lookup(ctx, s.ID, token)
		wantCode(t, "after its end", err, aws.ExpiredTokenException)

		elsewhere := open(t, storetest.SQLite(t), nil)
		_, err = elsewhere.Lookup(ctx, other.ID, other.SessionToken.Reveal())
		wantCode(t, "on another database", err, aws.UnrecognizedClientException)
	})
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), nil)
	scope := aws.Scope{Account: account, Region: "us-east-1"}
	role := "arn:aws:iam::123456789012:role/R"
	for _, c := range []struct {
		name, role, session string
		d                   time.Duration
		want                aws.Code
	}{
		{"no ARN", "R", "session", time.Hour, aws.ValidationException},
		{"a user", "arn:aws:iam::123456789012:user/R", "session", time.Hour, aws.ValidationException},
		{"no name", "arn:aws:iam::123456789012:role/", "session", time.Hour, aws.ValidationException},
		{"another account's role", "arn:aws:iam::999999999999:role/R", "session", time.Hour, aws.AccessDeniedException},
		{"bad session", role, "a/b", time.Hour, aws.ValidationException},
		{"no time", role, "session", 0, aws.ValidationException},
	} {
		_, err := k.Issue(t.Context(), scope, c.role, c.session, c.d)
		wantCode(t, c.name, err, c.want)
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		file := filepath.Join(dir, "credentials")
		k := open(t, db, nil)
		ctx := t.Context()
		first, err := k.Bootstrap(ctx, dir, account)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("credentials: %v, %v; want mode 600", info, err)
		}
		again, err := open(t, db, nil).Bootstrap(ctx, dir, account)
		if err != nil || again.ID != first.ID || again.Secret.Reveal() != first.Secret.Reveal() {
			t.Errorf("a restart changed the key: %v", err)
		}
		other, err := k.Bootstrap(ctx, dir, "999999999999")
		if err != nil || other.ID == first.ID {
			t.Fatalf("another account: %s, %v", other.ID, err)
		}
		profiles, err := identity.ReadProfiles(file)
		if err != nil || profiles["default"].ID != other.ID || profiles[account].ID != first.ID || profiles["999999999999"].ID != other.ID {
			t.Errorf("profiles %v, %v", profiles, err)
		}
		if err := k.Delete(ctx, account, first.ID); err != nil {
			t.Fatal(err)
		}
		back, err := k.Bootstrap(ctx, dir, account)
		if err != nil || back.ID == first.ID {
			t.Errorf("a deleted key came back from the file: %s, %v", back.ID, err)
		}
		if keys, err := k.List(ctx, ""); err != nil || len(keys) != 2 {
			t.Errorf("keys %v, %v; want 2", keys, err)
		}
	})
}

// The keys verify what a client signs.
func TestSignature(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), nil)
	key, err := k.Create(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	r, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:4600/_sagebrush/v1/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	sigv4.Sign(r, sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}, "sagebrush", "eu-west-1", sigv4.UnsignedPayload, now)
	signed, err := sigv4.Verify(r, k.Lookup, now)
	if err != nil || signed.Caller.Region != "eu-west-1" || signed.Caller.AccessKeyID != key.ID {
		t.Errorf("%+v, %v", signed, err)
	}
}

// Secrets stay out of logs, whichever way they get near one.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), nil)
	key, err := k.Create(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	session, err := k.Issue(t.Context(), aws.Scope{Account: account, Region: "us-east-1"}, "arn:aws:iam::123456789012:role/R", "s1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{key, &key, key.Secret, session, &session, session.SessionToken, k, struct{ hidden identity.Secret }{key.Secret}} {
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range []string{key.Secret.Reveal(), session.Secret.Reveal(), session.SessionToken.Reveal()} {
		if strings.Contains(out.String(), secret) || strings.Contains(out.String(), fmt.Sprintf("%x", secret)) {
			t.Errorf("a secret was printed in\n%s", &out)
		}
	}
}

// FuzzToken: no token but one that was issued opens.
func FuzzToken(f *testing.F) {
	db, err := store.Open(f.Context(), "sqlite:"+filepath.Join(f.TempDir(), "f.db"), store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	k, err := identity.New(f.Context(), db, identity.Options{})
	if err != nil {
		f.Fatal(err)
	}
	s, err := k.Issue(f.Context(), aws.Scope{Account: account}, "arn:aws:iam::123456789012:role/R", "s1", time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.ID, s.SessionToken.Reveal())
	f.Add("ASIA", "")
	f.Add(s.ID, strings.ToLower(s.SessionToken.Reveal()))
	f.Fuzz(func(t *testing.T, id, token string) {
		if _, err := k.Lookup(t.Context(), id, token); err == nil && (id != s.ID || token != s.SessionToken.Reveal()) {
			t.Errorf("%q opens with %q", id, token)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	k, err := identity.New(b.Context(), storetest.SQLite(b), identity.Options{})
	if err != nil {
		b.Fatal(err)
	}
	key, err := k.Create(b.Context(), account)
	if err != nil {
		b.Fatal(err)
	}
	s, err := k.Issue(b.Context(), aws.Scope{Account: account}, "arn:aws:iam::123456789012:role/R", "s1", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	for name, c := range map[string][2]string{"key": {key.ID, ""}, "session": {s.ID, s.SessionToken.Reveal()}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := k.Lookup(b.Context(), c[0], c[1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
