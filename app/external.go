package app

import (
	"context"
	"os"

	"github.com/sagebrush/sagebrush/blob/s3client"
)

// openExternalObjects keeps all objects in the S3 that --s3-endpoint names, with
// the keys of the server's own environment.
func (a *App) openExternalObjects(context.Context) (err error) {
	a.objects, err = s3client.New(s3client.Options{
		Endpoint: a.config.S3Endpoint, Region: a.config.Region, Account: a.config.AccountID,
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	})
	return err
}
