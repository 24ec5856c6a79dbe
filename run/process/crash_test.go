//go:build linux

package process_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/run/runtest"
)

func serve([]string) int { return 0 }

func capabilities(t *testing.T) runtest.Capabilities {
	return runtest.Capabilities{Commands: true, OptML: true, Memory: true, CPUs: true, Processes: true}
}
