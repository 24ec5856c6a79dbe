package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/edge/admin"
)

func newJobs(c *cli) *cobra.Command {
	return group("jobs", "Do to training jobs what no operation of AWS does", newJobsInterrupt(c))
}

func newJobsInterrupt(c *cli) *cobra.Command {
	var in admin.InterruptRequest
	cmd := &cobra.Command{
		Use:   "interrupt NAME",
		Short: "Reclaim the capacity of a spot job, as AWS does now and then",
		Long: `Reclaim the capacity of a running training job that uses managed spot training: its
programs get SIGTERM and two minutes, its checkpoints are saved, and it queues to
start again. It shows whether a program really goes on from its checkpoints.`,
		Example: `  sagebrush jobs interrupt my-spot-job
  sagebrush jobs interrupt my-spot-job --account-id 210987654321 --region eu-west-1`,
		Args: exactly("the job's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, server, _, err := c.server(cmd.Context())
			if err != nil {
				return err
			}
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			in.Name = args[0]
			in.AccountID, in.Region = withDefault(in.AccountID, server.Account), withDefault(in.Region, server.Region)
			if err := client.InterruptJob(cmd.Context(), in); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "Interrupted %s: it starts again when its programs have ended.\n", in.Name)
			return err
		},
	}
	cmd.Flags().StringVar(&in.AccountID, "account-id", "", "12-digit account (default the server's own)")
	cmd.Flags().StringVar(&in.Region, "region", "", "the job's region (default the server's own)")
	return cmd
}
