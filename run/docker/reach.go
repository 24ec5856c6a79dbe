package docker

import (
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/relay"
)

// doors are the sockets that lead containers to addresses of this machine, by
// the program's state directory. They live as long as the server: without it
// there is nothing to reach.
type doors struct {
	mu   sync.Mutex
	open map[stateDir][]net.Listener
}

// ensure opens the doors of a program, unless they are open.
func (o *doors) ensure(d stateDir, addrs []string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[d] != nil {
		return nil
	}
	var all []net.Listener
	for i, addr := range addrs {
		l, err := listen(d, inside.ReachFile+strconv.Itoa(i))
		if err != nil {
			closeAll(all)
			return err
		}
		go relay.Serve(relay.FramedListener(l), func() (net.Conn, error) { return net.Dial("tcp", addr) })
		all = append(all, l)
	}
	if o.open == nil {
		o.open = map[stateDir][]net.Listener{}
	}
	if all != nil {
		o.open[d] = all
	}
	return nil
}

// shut closes the doors of a program.
func (o *doors) shut(d stateDir) {
	o.mu.Lock()
	defer o.mu.Unlock()
	closeAll(o.open[d])
	delete(o.open, d)
}

// shutAll closes all doors.
func (o *doors) shutAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for d, all := range o.open {
		closeAll(all)
		delete(o.open, d)
	}
}

func closeAll(all []net.Listener) {
	for _, l := range all {
		l.Close()
	}
}

// listen opens a socket in the directory that is shared with the container, in
// place of one that another server may have left.
func listen(d stateDir, name string) (l net.Listener, err error) {
	err = statedir.Short(d.path(sharedDir), func(dir string) error {
		path := dir + "/" + name
		tmp := path + ".tmp"
		os.Remove(tmp)
		if l, err = net.Listen("unix", tmp); err != nil {
			return err
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		if err := os.Rename(tmp, path); err != nil {
			l.Close()
			return err
		}
		return nil
	})
	return l, err
}
