// Package instance is the table of ml.* instance types: what a program that
// asked for one of them may use, and what an hour of it costs on AWS.
//
// Every ml.* value of every enum of the API model has a row. The hardware
// figures are facts of 2023-12, as EC2 and SageMaker publish them. No complete
// price list is public: prices come from public documents where one states
// them, and are estimated from EC2's list otherwise, which each row says.
package instance

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed types.csv
var table string

// Type is one ml.* instance type. Zero figures are unknown: the attachable
// accelerators (ml.eia*) have no processors of their own, and the hardware of
// ml.geospatial.interactive is not published.
type Type struct {
	// Name is "ml.m5.large"; Family is its "m5", Size its "large".
	Name, Family, Size string
	VCPUs              int
	MemoryBytes        int64
	// GPUs counts NVIDIA GPUs, and GPUMemoryBytes is the memory of all together.
	GPUs           int
	GPUModel       string
	GPUMemoryBytes int64
	// Accelerators counts devices other than NVIDIA GPUs: AWS Inferentia and
	// Trainium, Habana Gaudi, Elastic Inference. The memory is that of all together.
	Accelerators           int
	AcceleratorModel       string
	AcceleratorMemoryBytes int64
	// LocalDiskBytes is the NVMe storage that comes with the type, 0 for types
	// that need a volume (rule CreateTrainingJob-11). Such a type has no volume,
	// and so none to encrypt.
	LocalDiskBytes int64
	// EBSOnly says that the type has no storage of its own.
	EBSOnly bool
	// NetworkBitsPerSecond is the highest rate that the network interface reaches.
	NetworkBitsPerSecond int64
	// Arch is "x86_64" or "arm64".
	Arch string
	// PriceUSDHour is the on-demand price per hour, 0 when unknown.
	PriceUSDHour float64
	// PriceRegion is where it holds, "" when the source does not say; PriceDate
	// is of the source, "2025-01" or "2024-01-01".
	PriceRegion, PriceDate string
	// PriceSource is the public document that states the price, or how it was
	// estimated.
	PriceSource string
}

// PriceEstimated says that no public document states the price of the ml.* type:
// it is EC2's price of the same machine times the ratio that holds elsewhere.
func (t Type) PriceEstimated() bool { return strings.HasPrefix(t.PriceSource, "estimate:") }

// types is the table, parsed when it is first asked for. A broken table is a
// broken build, which the tests find.
var types = sync.OnceValues(func() (map[string]Type, error) { return parse(table) })

// Lookup finds a type by name, such as "ml.m5.large". The AppInstanceType
// "system" is no machine and has no row.
func Lookup(name string) (Type, bool) {
	all, _ := types()
	t, ok := all[name]
	return t, ok
}
