package inside

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sagebrush/sagebrush/run/internal/relay"
)

// reach opens the machine's addresses in this container's network: whoever
// connects to one of them here is led through the server's socket to it.
func (h *holder) reach() error {
	for i, addr := range h.plan.Reach {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("the server's address %s could not be opened in the container: %w", addr, err)
		}
		sock := filepath.Join(Shared, ReachFile+strconv.Itoa(i))
		go relay.Serve(l, func() (net.Conn, error) { return relay.DialFramed(sock, 10*time.Second) })
	}
	return nil
}
