//go:build !linux

package inside

import (
	"fmt"
	"os"
)

// Main is the main function of a container's first process, which is a Linux one.
func Main([]string) int {
	fmt.Fprintln(os.Stderr, "containers run on Linux only")
	return 2
}
