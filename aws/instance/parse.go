package instance

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parse reads the table. Columns are found by their names in the first line.
func parse(text string) (map[string]Type, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("instance: %w", err)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("instance: the table has no header")
	}
	all := make(map[string]Type, len(lines)-1)
	for _, line := range lines[1:] {
		r := reader{row: make(map[string]string, len(line))}
		for i, column := range lines[0] {
			r.row[column] = line[i]
		}
		t := r.read()
		switch {
		case r.err != nil:
			return nil, fmt.Errorf("instance: %s: %w", line[0], r.err)
		case all[t.Name].Name != "":
			return nil, fmt.Errorf("instance: %s occurs twice", t.Name)
		}
		all[t.Name] = t
	}
	return all, nil
}

// reader reads the cells of one row and keeps the first error.
type reader struct {
	row map[string]string
	err error
}

func (r *reader) read() Type {
	t := Type{
		Name:  r.text("type"),
		VCPUs: int(r.scaled("vcpus", 1)), MemoryBytes: r.scaled("memory_gib", 1<<30),
		GPUs: int(r.scaled("gpus", 1)), GPUModel: r.text("gpu_model"), GPUMemoryBytes: r.scaled("gpu_memory_gib", 1<<30),
		Accelerators: int(r.scaled("accelerators", 1)), AcceleratorModel: r.text("accelerator_model"),
		AcceleratorMemoryBytes: r.scaled("accelerator_memory_gib", 1<<30),
		LocalDiskBytes:         r.scaled("local_nvme_gb", 1e9), EBSOnly: r.text("ebs_only") == "true",
		NetworkBitsPerSecond: r.scaled("network_gbps", 1e9), Arch: r.text("arch"),
		PriceUSDHour: r.number("price_usd_hour"), PriceRegion: r.text("price_region"),
		PriceDate: r.text("price_date"), PriceSource: r.text("price_source"),
	}
	name, ok := strings.CutPrefix(t.Name, "ml.")
	t.Family, t.Size, _ = strings.Cut(name, ".")
	if !ok || t.Family == "" || t.Size == "" {
		r.fail("%q is not of the form ml.family.size", t.Name)
	}
	return t
}

// text is a cell; a column that the table lacks is an error.
func (r *reader) text(column string) string {
	cell, ok := r.row[column]
	if !ok {
		r.fail("the table has no column %q", column)
	}
	return cell
}

// number is a cell as a number, 0 when it is blank.
func (r *reader) number(column string) float64 {
	cell := r.text(column)
	if cell == "" {
		return 0
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		r.fail("%s is %q, want a number that is not negative", column, cell)
		return 0
	}
	return n
}

// scaled is a cell in the unit that Type uses.
func (r *reader) scaled(column string, unit float64) int64 {
	return int64(math.Round(r.number(column) * unit))
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}
