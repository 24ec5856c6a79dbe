package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/edge/admin"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// cli is what all commands share.
type cli struct {
	streams
	started time.Time
	dataDir string
	format  string // --output
}

func newRoot(s streams, started time.Time) *cobra.Command {
	c := &cli{streams: s, started: started}
	root := &cobra.Command{
		Use:   "sagebrush",
		Short: "Amazon SageMaker's API on your own machine, with the work behind it",
		Long: `Sagebrush answers the Amazon SageMaker API and does the work behind it: programs
written for SageMaker run against it unchanged.`,
		Example: `  sagebrush serve                        # in one terminal
  eval "$(sagebrush env)"                # in another: this shell uses it now
  sagebrush exec -- python program.py    # or one program only`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q; sagebrush --help lists them", args[0])
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; %s --help lists the flags", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVar(&c.dataDir, "data-dir", datadir.Default(), "directory with all that must survive (SAGEBRUSH_DATA_DIR)")
	root.AddCommand(newServe(c), newEnv(c), newExec(c), newKeys(c), newImage(c), newJobs(c), newVersion(c))
	return root
}

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(names) == 0 {
			return usage("%s takes no arguments, got %q", cmd.CommandPath(), args)
		}
		return usage("%s takes %s, got %d arguments; see %s --help", cmd.CommandPath(), strings.Join(names, " and "), len(args), cmd.CommandPath())
	}
}

// group makes a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q; %s --help lists them", args[0], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(commands...)
	return cmd
}

// server finds the running server and its own key.
func (c *cli) server(ctx context.Context) (datadir.Dir, datadir.Server, identity.Key, error) {
	dir := datadir.Dir(c.dataDir)
	server, err := dir.Find(ctx)
	if err != nil {
		return dir, server, identity.Key{}, err
	}
	profiles, err := identity.ReadProfiles(dir.Credentials())
	return dir, server, profiles[server.Account], err
}

// admin is a client of the running server's administration.
func (c *cli) admin(ctx context.Context) (*admin.Client, error) {
	_, server, key, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	return &admin.Client{Address: server.Address, Region: server.Region, Key: key}, nil
}
