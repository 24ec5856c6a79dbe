// Package instance is the table of ml.* instance types: what a program that
// asked for one of them may use. Hardware figures are facts of 2023-12; prices
// are us-east-1, on demand, of the same time.
package instance

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed types.csv
var table string

// Type is one ml.* instance type. Zero figures are unknown.
type Type struct {
	Name        string
	VCPUs       int
	MemoryBytes int64
	GPUs        int
	GPUModel    string
	// LocalDiskBytes is the NVMe storage that comes with the type, 0 for types
	// that need a volume (rule CreateTrainingJob-11).
	LocalDiskBytes int64
	// PriceUSDHour is the on-demand price per hour, 0 when unknown.
	PriceUSDHour float64
}

var parse = sync.OnceValue(func() map[string]Type {
	lines := strings.Split(strings.TrimSpace(table), "\n")[1:]
	types := make(map[string]Type, len(lines))
	for _, line := range lines {
		f := strings.Split(line, ",")
		t := Type{Name: f[0], GPUModel: f[4]}
		// The table is embedded and tested: a blank figure is an unknown one.
		t.VCPUs, _ = strconv.Atoi(f[1])
		gib, _ := strconv.ParseFloat(f[2], 64)
		t.MemoryBytes = int64(gib * (1 << 30))
		t.GPUs, _ = strconv.Atoi(f[3])
		gb, _ := strconv.ParseFloat(f[5], 64)
		t.LocalDiskBytes = int64(gb * 1e9)
		t.PriceUSDHour, _ = strconv.ParseFloat(f[6], 64)
		types[t.Name] = t
	}
	return types
})

// Lookup finds a type by name, such as "ml.m5.large".
func Lookup(name string) (Type, bool) {
	t, ok := parse()[name]
	return t, ok
}
