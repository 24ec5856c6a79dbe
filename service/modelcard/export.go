package modelcard

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// maxTries is after how many failures of our own an export is given up.
const maxTries = 8

// export is the task of an export job. The same version becomes the same bytes
// under the same key, so it may be begun again at any time.
func (s *Service) export(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	uri, reason, err := s.print(ctx, w)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // the card was deleted meanwhile
	case err != nil && ctx.Err() == nil && t.Attempt >= maxTries:
		s.Logger.Error("an export of a model card is given up", "job", w.key(), "error", err)
		reason = "InternalServerError: the document could not be written. Try again with another job."
	case err != nil:
		return err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := exports.Get(tx, w.scope(), w.Name)
		if err != nil {
			return err
		}
		tr := complete
		if e.Body.Artifact = uri; reason != "" {
			tr, e.Body.FailureReason, e.Body.Artifact = fail, reason, ""
		}
		if err := tr.Fire(&e.Body.Status, &e.Body, tx.Now); err != nil {
			return nil // it has ended already
		}
		e.Status = string(e.Body.Status)
		return exports.Update(tx, e)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// print renders the document of a job and stores it. A reason is a failure that
// is the user's to mend; store.ErrNotFound says that the job or its version is gone.
func (s *Service) print(ctx context.Context, w work) (uri, reason string, err error) {
	var d document
	var job Export
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		e, err := exports.Get(tx, w.scope(), w.Name)
		if err != nil {
			return err
		}
		job = e.Body
		r, err := cards.Get(tx, w.scope(), job.Card)
		if err != nil {
			return err
		}
		v, err := versions.Get(tx, w.scope(), versionName(job.Card, job.Version))
		if err != nil {
			return err
		}
		d = document{
			Name: r.Name, ARN: r.ARN, Version: job.Version, Status: string(v.Body.Status), Created: r.CreatedAt, Modified: v.CreatedAt,
			Exported: e.CreatedAt, Content: v.Body.Content,
		}
		return nil
	})
	if err != nil {
		return "", "", err
	}
	bucket, prefix, err := blob.ParseURI(job.OutputPath)
	if err != nil {
		return "", "", err
	}
	if reason, err = s.missingBucket(ctx, w.scope(), bucket); err != nil || reason != "" {
		return "", reason, err
	}
	file, err := d.render()
	if err != nil {
		return "", "", err
	}
	key := job.key(prefix)
	_, err = s.Objects.Put(ctx, bucket, key, bytes.NewReader(file), blob.PutOptions{
		Size: int64(len(file)), Info: blob.Info{ContentType: "application/pdf"},
	})
	if errors.Is(err, blob.ErrNoSuchBucket) {
		return "", fmt.Sprintf("The bucket %s was deleted before the document was written.", bucket), nil
	}
	return "s3://" + bucket + "/" + key, "", err
}
