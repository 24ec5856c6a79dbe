// Command init is the first process of the tests' containers, as a binary of its
// own: a test binary is mostly not static. It is the tool of the contract's programs, too.
package main

import (
	"os"

	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/runtest"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "tool" {
		os.Exit(runtest.Tool(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "takeover" {
		os.Exit(takeover())
	}
	os.Exit(inside.Main(os.Args[1:]))
}
