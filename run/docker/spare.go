package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// book is what is known of spare networks: those that no job has had yet, and
// those that became a job's. It lies beside the programs' directories, and only
// who holds the networks' lock reads or writes it. An engine renames neither
// networks nor their labels, so a job's network may bear a spare's name.
type book struct {
	// Open and Isolated are the names of networks that no job has had.
	Open, Isolated []string
	// Taken leads from the name that a job's network would have (nameOf) to the
	// one that it has.
	Taken map[string]string
}

const bookFile = "networks.json"

// readBook is empty where there is none.
func (r *Runner) readBook() *book {
	b := &book{}
	if !stateDir(r.dir).read(bookFile, b) {
		b = &book{}
	}
	if b.Taken == nil {
		b.Taken = map[string]string{}
	}
	return b
}

func (r *Runner) writeBook(b *book) error {
	if err := stateDir(r.dir).write(bookFile, b); err != nil {
		return fmt.Errorf("docker: note the networks: %w", err)
	}
	return nil
}

// nameOf is the name that the network has whose name would be own.
func (b *book) nameOf(own string) string {
	if name, ok := b.Taken[own]; ok {
		return name
	}
	return own
}

// kind are the spare networks of a kind.
func (b *book) kind(isolated bool) *[]string {
	if isolated {
		return &b.Isolated
	}
	return &b.Open
}

// spareHosts is for how many hosts spare networks are made; jobs with more get
// one that is made for them.
const spareHosts = 12

// takeSpare gives a spare network to the job whose network would be called own;
// "" if there is none for it. It is struck off before anybody may use it, so it
// never becomes another's. The caller holds the networks' lock.
func (r *Runner) takeSpare(ctx context.Context, b *book, own string, isolated bool, hosts int) (string, netip.Prefix, error) {
	list := b.kind(isolated)
	if hosts > spareHosts {
		return "", netip.Prefix{}, nil
	}
	for len(*list) > 0 {
		name := (*list)[0]
		*list = (*list)[1:]
		got, err := r.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
		if err != nil && !errdefs.IsNotFound(err) {
			return "", netip.Prefix{}, err
		}
		if err != nil || got.Network.Internal != isolated || len(got.Network.Containers) > 0 {
			continue // somebody has meddled with it; the next Clean removes what is left
		}
		subnet, err := subnetOf(got.Network.IPAM, hosts)
		if err != nil {
			continue
		}
		b.Taken[own] = name
		return name, subnet, r.writeBook(b)
	}
	return "", netip.Prefix{}, nil
}

// makeSpare makes a spare network unless there are enough of its kind.
func (r *Runner) makeSpare(ctx context.Context, isolated bool, enough int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err := r.lockNetworks(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	b := r.readBook()
	list := b.kind(isolated)
	if len(*list) >= enough {
		return nil
	}
	name := "sagebrush-" + r.owner + "-spare-" + strings.ToLower(rand.Text()[:10])
	if _, err := r.makeNetwork(ctx, name, isolated, spareHosts); err != nil {
		return err
	}
	*list = append(*list, name)
	return r.writeBook(b)
}

// removeSpares removes all spare networks.
func (r *Runner) removeSpares(ctx context.Context) error {
	unlock, err := r.lockNetworks(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	b := r.readBook()
	all := append(b.Open, b.Isolated...)
	if len(all) == 0 {
		return nil
	}
	b.Open, b.Isolated = nil, nil
	failed := []error{r.writeBook(b)}
	for _, name := range all {
		_, err := r.removeUnused(ctx, name, name)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// quiet is how long no program has been started when spare networks are made:
// the engine would be slower for those that start.
const quiet = 500 * time.Millisecond

// stock keeps spare networks of the kinds that jobs have wanted.
type stock struct {
	wanted chan bool // whether isolated
	end    context.CancelFunc
	done   chan struct{}
}

// keepStock begins to keep so many spare networks of each kind.
func (r *Runner) keepStock(enough int) *stock {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stock{wanted: make(chan bool, 16), end: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		kinds := map[bool]bool{}
		begin := time.NewTimer(quiet)
		begin.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case isolated := <-s.wanted:
				kinds[isolated] = true
				begin.Reset(quiet)
				continue
			case <-begin.C:
			}
			for isolated := range kinds {
				for range enough {
					if ctx.Err() != nil {
						return
					}
					// Not cut short: the engine might make it all the same, unknown to us.
					if err := r.makeSpare(context.WithoutCancel(ctx), isolated, enough); err != nil {
						r.logger.Warn("no spare network could be made; jobs make their own", "runner", "docker", "because", err)
						break
					}
				}
			}
			clear(kinds)
		}
	}()
	return s
}

// want says that a program is about to be started on a network of a kind. It does
// not wait: what is lost in a flood is said again by the next start.
func (s *stock) want(isolated bool) {
	if s == nil {
		return
	}
	select {
	case s.wanted <- isolated:
	default:
	}
}

// stop ends the keeping and returns when nothing more is made.
func (s *stock) stop() {
	if s != nil {
		s.end()
		<-s.done
	}
}
