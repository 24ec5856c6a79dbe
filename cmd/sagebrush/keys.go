package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/edge/admin"
)

func newKeys(c *cli) *cobra.Command {
	return group("keys", "Manage access keys of the running server", newKeysCreate(c), newKeysList(c), newKeysDelete(c))
}

func newKeysCreate(c *cli) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key pair and print it, the only time its secret is shown",
		Long: `Make a key pair for an account and print it. The secret is not shown again. An
account exists as soon as it has a key; accounts see nothing of each other.`,
		Example: `  sagebrush keys create
  sagebrush keys create --account-id 210987654321 --output json`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, server, _, err := c.server(cmd.Context())
			if err != nil {
				return err
			}
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			key, err := client.CreateKey(cmd.Context(), withDefault(account, server.Account))
			if err != nil {
				return err
			}
			return c.print(key, [][]string{
				{"ACCOUNT", "ACCESS KEY ID", "SECRET ACCESS KEY"},
				{key.AccountID, key.AccessKeyID, key.SecretAccessKey},
			})
		},
	}
	cmd.Flags().StringVar(&account, "account-id", "", "12-digit account (default the server's own)")
	return c.withOutput(cmd)
}

func newKeysList(c *cli) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List access keys, without their secrets",
		Example: `  sagebrush keys list --account-id 210987654321`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			list, err := client.ListKeys(cmd.Context(), account)
			if err != nil {
				return err
			}
			return c.print(list, keyRows(client, list))
		},
	}
	cmd.Flags().StringVar(&account, "account-id", "", "12-digit account (default all)")
	return c.withOutput(cmd)
}

func keyRows(client *admin.Client, list admin.Keys) [][]string {
	rows := [][]string{{"ACCOUNT", "ACCESS KEY ID", "CREATED", ""}}
	for _, k := range list.Keys {
		remark := ""
		if k.AccessKeyID == client.Key.ID {
			remark = "the server's own"
		}
		rows = append(rows, []string{k.AccountID, k.AccessKeyID, stamp(k.CreatedAt), remark})
	}
	return rows
}

func newKeysDelete(c *cli) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "delete ACCESS_KEY_ID",
		Short: "End a key: it stops working at once",
		Long: `End a key: it stops working at once on this server, and within seconds on others
that share its database.`,
		Example: `  sagebrush keys delete AKIAIOSFODNN7EXAMPLE`,
		Args:    exactly("ACCESS_KEY_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			if err := client.DeleteKey(cmd.Context(), account, args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "Deleted %s.\n", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&account, "account-id", "", "delete only if the key is of this account")
	return cmd
}
