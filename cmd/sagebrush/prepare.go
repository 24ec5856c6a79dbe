package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/internal/datadir"
	"github.com/sagebrush/sagebrush/store"
)

func newImagePrepare(c *cli) *cobra.Command {
	var cacheDir string
	cmd := &cobra.Command{
		Use:   "prepare IMAGE",
		Short: "Make an image's environment now rather than at its first job",
		Long: `Make an image's environment now rather than at its first job. IMAGE is a URI or a
built-in image's name. Built-in images need no running server.`,
		Example: `  sagebrush image prepare xgboost
  sagebrush image prepare my-algorithm:1.0`,
		Args: exactly("IMAGE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			started := time.Now()
			tell, done := c.progress(args[0])
			err := c.prepare(cmd.Context(), args[0], cacheDir, tell)
			done()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "Image %s is ready (%s).\n", args[0], time.Since(started).Round(10*time.Millisecond))
			return err
		},
	}
	cmd.Flags().StringVar(&cacheDir, "cache-dir", os.Getenv("SAGEBRUSH_CACHE_DIR"), "directory of the environments, when no server is running (SAGEBRUSH_CACHE_DIR; default the user's cache)")
	return cmd
}

// prepare asks the running server, and without one does the work itself.
func (c *cli) prepare(ctx context.Context, uri, cacheDir string, tell func(line string)) error {
	client, err := c.admin(ctx)
	if err == nil {
		return client.PrepareImage(ctx, uri, tell)
	}
	if !errors.Is(err, datadir.ErrNoServer) {
		return err
	}
	noServer := err
	// Registered folders are in the server's database; built-in images need none,
	// so an empty one will do.
	dir, err := os.MkdirTemp("", "sagebrush-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "none.db"), store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	manager, err := image.New(image.Options{DB: db, CacheDir: cacheDir, Images: images.FS})
	if err != nil {
		return err
	}
	img, err := manager.Resolve(ctx, uri)
	if err != nil {
		return fmt.Errorf("%s is not built in, and %w", uri, noServer)
	}
	_, err = manager.Prepare(ctx, img, tell)
	return err
}

// progress shows what happens: as a spinner on a terminal, line by line elsewhere.
func (c *cli) progress(what string) (tell func(line string), done func()) {
	if !isTerminal(c.err) {
		return func(line string) { fmt.Fprintln(c.err, line) }, func() {}
	}
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(c.err),
		progressbar.OptionSetDescription("Preparing "+what),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionClearOnFinish(),
	)
	return func(line string) { bar.Describe(shorten(line, 70)) }, func() { _ = bar.Finish() }
}

// shorten cuts a line to n characters.
func shorten(line string, n int) string {
	line = strings.TrimSpace(line)
	if r := []rune(line); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return line
}
