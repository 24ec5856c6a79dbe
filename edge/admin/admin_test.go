package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/edge/admin"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const account = "123456789012"

// slow is an image manager that has much to tell while it prepares.
type slow struct{ *image.Manager }

func (slow) Resolve(_ context.Context, uri string) (image.Image, error) {
	if uri == "unknown" {
		return image.Image{}, aws.Invalid("no image %s", uri)
	}
	return image.Image{Name: uri}, nil
}

func (slow) Prepare(_ context.Context, img image.Image, progress func(string)) (image.Program, error) {
	progress("one")
	progress("two")
	if img.Name == "broken" {
		return image.Program{}, aws.Errorf(aws.ServiceUnavailable, "no pip")
	}
	return image.Program{}, nil
}

func setup(t *testing.T, db *store.DB) (*admin.Client, *identity.Keys) {
	t.Helper()
	keys, err := identity.New(t.Context(), db, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := keys.Bootstrap(t.Context(), t.TempDir(), account)
	if err != nil {
		t.Fatal(err)
	}
	images, err := image.New(image.Options{DB: db, CacheDir: t.TempDir(), Images: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "the API", http.StatusTeapot) })
	srv := httptest.NewServer(admin.New(admin.Options{Keys: keys, Images: slow{images}, AccessKeyID: own.ID}, api))
	t.Cleanup(srv.Close)
	return &admin.Client{Address: srv.URL, Region: "us-east-1", Key: own}, keys
}

func wantCode(t *testing.T, what string, err error, code aws.Code) {
	t.Helper()
	var e *admin.Error
	if !errors.As(err, &e) || e.Code != string(code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c, keys := setup(t, db)
		ctx := t.Context()
		made, err := c.CreateKey(ctx, "210987654321")
		if err != nil || made.AccountID != "210987654321" || len(made.SecretAccessKey) != 40 {
			t.Fatalf("CreateKey: %v, %v", made.AccessKeyID, err)
		}
		if _, err := keys.Lookup(ctx, made.AccessKeyID, ""); err != nil {
			t.Error(err)
		}
		all, err := c.ListKeys(ctx, "")
		if err != nil || len(all.Keys) != 2 || all.Keys[1].SecretAccessKey != "" {
			t.Errorf("ListKeys: %+v, %v; want 2 without secrets", all, err)
		}
		if one, err := c.ListKeys(ctx, "210987654321"); err != nil || len(one.Keys) != 1 {
			t.Errorf("ListKeys of one account: %+v, %v", one, err)
		}
		_, err = c.CreateKey(ctx, "x")
		wantCode(t, "CreateKey for no account", err, aws.ValidationException)
		wantCode(t, "DeleteKey of another account", c.DeleteKey(ctx, account, made.AccessKeyID), aws.NoSuchEntity)
		wantCode(t, "DeleteKey of the server's own", c.DeleteKey(ctx, "", c.Key.ID), aws.ValidationException)
		if err := c.DeleteKey(ctx, "", made.AccessKeyID); err != nil {
			t.Error(err)
		}
		wantCode(t, "second DeleteKey", c.DeleteKey(ctx, "", made.AccessKeyID), aws.NoSuchEntity)
	})
}

func TestOnlyTheServersOwnKey(t *testing.T) {
	t.Parallel()
	c, keys := setup(t, storetest.SQLite(t))
	ctx := t.Context()
	other, err := keys.Create(ctx, account) // even of the same account
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&admin.Client{Address: c.Address, Region: "us-east-1", Key: other}).ListKeys(ctx, "")
	wantCode(t, "another key", err, aws.AccessDeniedException)
	wrong := c.Key
	wrong.Secret = identity.NewSecret("wrong")
	_, err = (&admin.Client{Address: c.Address, Region: "us-east-1", Key: wrong}).ListKeys(ctx, "")
	wantCode(t, "wrong secret", err, aws.InvalidSignatureException)
	for path, want := range map[string]int{"/_sagebrush/v1/keys": http.StatusForbidden, "/_sagebrush/v1/nothing": http.StatusForbidden, "/": http.StatusTeapot} {
		res, err := http.Get(c.Address + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s without a signature: %d, want %d", path, res.StatusCode, want)
		}
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, storetest.SQLite(t))
	ctx := t.Context()
	_, err := c.AddImage(ctx, "mine:1", "relative")
	wantCode(t, "AddImage with a relative folder", err, aws.ValidationException)
	wantCode(t, "RemoveImage", c.RemoveImage(ctx, "mine:1"), aws.ResourceNotFound)
	if _, err := c.ListImages(ctx); err != nil {
		t.Error(err)
	}
	var told []string
	tell := func(line string) { told = append(told, line) }
	if err := c.PrepareImage(ctx, "good", tell); err != nil || strings.Join(told, " ") != "one two" {
		t.Errorf("PrepareImage: %v, told %q", err, told)
	}
	wantCode(t, "PrepareImage that fails", c.PrepareImage(ctx, "broken", tell), aws.ServiceUnavailable)
	wantCode(t, "PrepareImage of nothing", c.PrepareImage(ctx, "unknown", tell), aws.ValidationException)
}
