package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// memory is a flag that takes an amount of memory: bytes, or a number with a unit.
type memory int64

// minJobMemory is the least that a program can be expected to start with.
const minJobMemory = 16 << 20

var memoryPattern = regexp.MustCompile(`^([0-9]+)(?i:(B|KiB|MiB|GiB|TiB)?)$`)

// String implements pflag.Value.
func (m *memory) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*m), 10)
}

// Type implements pflag.Value.
func (m *memory) Type() string { return "BYTES" }

// Set implements pflag.Value.
func (m *memory) Set(text string) error {
	parts := memoryPattern.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("takes bytes, or a number with KiB, MiB, GiB or TiB, such as 512MiB")
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	unit := map[string]int64{"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}[strings.ToLower(parts[2])]
	if err != nil || n > math.MaxInt64/unit {
		return fmt.Errorf("is more than any machine has")
	}
	if n *= unit; n < minJobMemory {
		return fmt.Errorf("is too little for any program: take 16MiB or more")
	}
	*m = memory(n)
	return nil
}
