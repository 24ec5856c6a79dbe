package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/clientenv"
)

func newEnv(c *cli) *cobra.Command {
	var shell string
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print what sets up a shell to use the running server",
		Long: `Print the commands that set up a shell: endpoint, keys, region, certificates, and
the proxy that catches programs which pin AWS's hosts. Other hosts stay reachable.`,
		Example: `  eval "$(sagebrush env)"
  sagebrush env --shell fish | source
  sagebrush env --shell powershell | Out-String | Invoke-Expression`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			changes, err := c.changes(cmd.Context())
			if err != nil {
				return err
			}
			script, err := clientenv.Script(shell, changes)
			if err != nil {
				return exitError{exitUsage, err}
			}
			_, err = io.WriteString(c.out, script)
			return err
		},
	}
	cmd.Flags().StringVar(&shell, "shell", "sh", strings.Join(clientenv.Shells[:], ", ")+"; sh is good for bash and zsh")
	return cmd
}

func newExec(c *cli) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exec [flags] -- PROGRAM [ARGUMENTS…]",
		Short: "Run a program against the running server",
		Long: `Run a program, unchanged, against the running server: with the environment that
sagebrush env prints. The program takes this process's place, so signals and the
exit code are its own.`,
		Example: `  sagebrush exec -- python program.py
  sagebrush exec -- aws sagemaker list-training-jobs`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name the program to run: sagebrush exec -- python program.py")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			changes, err := c.changes(cmd.Context())
			if err != nil {
				return err
			}
			return replaceProcess(args, clientenv.Apply(os.Environ(), changes))
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows the program's name is the program's
	return cmd
}

// changes are what an environment needs to use the running server.
func (c *cli) changes(ctx context.Context) ([]clientenv.Change, error) {
	dir, server, key, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	if server.Remote {
		fmt.Fprintln(c.err, "sagebrush: the server listens for other machines too, so its proxy passes nothing on: list in NO_PROXY what else is needed")
	}
	abs, err := absolute(string(dir))
	if err != nil {
		return nil, err
	}
	return clientenv.Changes(clientenv.Target{
		Address: server.Address, Region: server.Region,
		AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal(),
		CABundle: abs.CABundle(), CACert: abs.CACert(), Pinned: edge.IsAWS,
	}, os.Environ()), nil
}

// replaceProcess runs a program in this process's place.
func replaceProcess(args, environ []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		code := exitNotFound
		if errors.Is(err, os.ErrPermission) {
			code = exitCannotRun
		}
		return exitError{code, err}
	}
	return exitError{exitCannotRun, fmt.Errorf("%s: %w", path, syscall.Exec(path, args, environ))}
}
