package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newImage(c *cli) *cobra.Command {
	return group("image", "Manage the programs behind image URIs",
		newImageAdd(c), newImageList(c), newImageRemove(c), newImagePrepare(c))
}

func newImageAdd(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "add URI DIR",
		Short: "Put a folder with the programs train and serve behind an image URI",
		Long: `Put a folder behind an image URI, by the convention of SageMaker's containers: it
holds an executable train, an executable serve, or both. Programs in Python get an
environment of their own from requirements.txt. Without a tag the URI answers for
all tags. The folder is used where it is; jobs see its changes.`,
		Example: `  sagebrush image add my-algorithm:1.0 ./my-algorithm
  sagebrush image add 123456789012.dkr.ecr.us-east-1.amazonaws.com/my-algorithm ./my-algorithm`,
		Args: exactly("URI", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[1])
			if err != nil {
				return err
			}
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			img, err := client.AddImage(cmd.Context(), args[0], dir)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "Image %s runs the programs in %s.\n", img.URI, img.Dir)
			return err
		},
	}
}

func newImageList(c *cli) *cobra.Command {
	return c.withOutput(&cobra.Command{
		Use:     "list",
		Short:   "List registered folders and built-in images",
		Example: `  sagebrush image list --output json`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			list, err := client.ListImages(cmd.Context())
			if err != nil {
				return err
			}
			rows := [][]string{{"URI", "PROGRAM", "ADDED"}}
			for _, img := range list.Images {
				program := img.Dir
				if img.BuiltIn {
					program = "built in: " + img.Name
				}
				rows = append(rows, []string{img.URI, program, stamp(img.CreatedAt)})
			}
			return c.print(list, rows)
		},
	})
}

func newImageRemove(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:     "remove URI",
		Short:   "Forget a registered folder; the folder stays",
		Example: `  sagebrush image remove my-algorithm:1.0`,
		Args:    exactly("URI"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := c.admin(cmd.Context())
			if err != nil {
				return err
			}
			if err := client.RemoveImage(cmd.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "Image %s is forgotten.\n", args[0])
			return err
		},
	}
}
