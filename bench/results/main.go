// Command results turns the JSON reports of the benchmarks into RESULTS.md:
//
//	go run ./bench/results bench/out/*.json > bench/RESULTS.md
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

func main() { harness.Main(run) }

func run(context.Context) error {
	fmt.Print("# What the benchmarks measured\n\n" +
		"`make bench` runs them and writes this page. Every ratio is of two figures of the same run on the same machine;\n" +
		"requests are signed beforehand and sent by the same generator (package harness), which shares the processors\n" +
		"with the servers.\n")
	for _, path := range os.Args[1:] {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r harness.Report
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		fmt.Print("\n" + r.Markdown())
	}
	return nil
}
