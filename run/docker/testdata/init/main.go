// Command init is the first process of the tests' containers, as a binary of its
// own: a test binary is mostly not static.
package main

import (
	"os"

	"github.com/sagebrush/sagebrush/run/docker/inside"
)

func main() { os.Exit(inside.Main(os.Args[1:])) }
