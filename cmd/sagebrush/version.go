package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/internal/datadir"
)

// version is set by the linker (Makefile).
var version string

// versionInfo says what this binary is.
type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func currentVersion() versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version = cmp.Or(v.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Commit = s.Value
			}
		}
	}
	v.Version = cmp.Or(v.Version, "(devel)")
	return v
}

func newVersion(c *cli) *cobra.Command {
	return c.withOutput(&cobra.Command{
		Use:     "version",
		Short:   "Print what this binary is",
		Example: `  sagebrush version --output json`,
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			v := currentVersion()
			if c.format == "json" {
				return c.print(v, nil)
			}
			_, err := fmt.Fprintf(c.out, "sagebrush %s (%s, %s)\n", v.Version, v.Go, v.System)
			return err
		},
	})
}

// absolute is the data directory as programs that run elsewhere need it.
func absolute(path string) (datadir.Dir, error) {
	abs, err := filepath.Abs(path)
	return datadir.Dir(abs), err
}
