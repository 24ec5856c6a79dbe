package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
)

// Clean removes what this runner has left behind: every program for whose ID
// keep is false, and networks without programs. A server calls it once at its
// start, when it knows what it needs.
func (r *Runner) Clean(ctx context.Context, keep func(id string) bool) error {
	ids, err := r.known(ctx)
	if err != nil {
		return fmt.Errorf("docker: clean: %w", err)
	}
	var failed []error
	for id := range ids {
		if !keep(id) {
			r.logger.Info("removing what an earlier server left", "runner", "docker", "id", id)
			failed = append(failed, r.Remove(ctx, r.HandleOf(id)))
		}
	}
	return errors.Join(append(failed, r.cleanNetworks(ctx))...)
}

// known are the IDs of all programs of which there is a container or a directory.
func (r *Runner) known(ctx context.Context) (map[string]bool, error) {
	ids := map[string]bool{}
	list, err := r.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: r.mine()})
	if err != nil {
		return nil, err
	}
	for _, c := range list.Items {
		ids[c.Labels[LabelID]] = true
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		var s run.Spec
		if e.IsDir() && stateDir(filepath.Join(r.dir, e.Name())).read(specFile, &s) && s.ID != "" {
			ids[s.ID] = true
		}
	}
	return ids, nil
}

// mine filters what this runner has made.
func (r *Runner) mine() client.Filters {
	return client.Filters{}.Add("label", LabelOwner+"="+r.owner)
}

// cleanNetworks removes networks that no container is on, spare ones among them:
// whether an earlier server made all of one is not known.
func (r *Runner) cleanNetworks(ctx context.Context) error {
	unlock, err := r.lockNetworks(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	list, err := r.api.NetworkList(ctx, client.NetworkListOptions{Filters: r.mine()})
	if err != nil {
		return fmt.Errorf("docker: list networks: %w", err)
	}
	book := r.readBook()
	book.Open, book.Isolated = nil, nil
	if err := r.writeBook(book); err != nil {
		return err
	}
	var failed []error
	left := map[string]bool{}
	for _, n := range list.Items {
		gone, err := r.removeUnused(ctx, n.Labels[LabelNetwork], n.ID)
		failed = append(failed, err)
		left[n.Name] = !gone
	}
	maps.DeleteFunc(book.Taken, func(_, name string) bool { return !left[name] })
	return errors.Join(append(failed, r.writeBook(book))...)
}
