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
	n, err := parseBytes(text)
	if err == nil && n < minJobMemory {
		err = fmt.Errorf("is too little for any program: take 16MiB or more")
	}
	if err == nil {
		*m = memory(n)
	}
	return err
}

// body is a flag that takes the length of a request's body, in the same way.
type body int64

// maxBody is the most that the bodies of requests may have: each is held in memory.
const maxBody = 1 << 30

// String implements pflag.Value.
func (b *body) String() string {
	if n := int64(*b); n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + "MiB"
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Type implements pflag.Value.
func (b *body) Type() string { return "BYTES" }

// Set implements pflag.Value.
func (b *body) Set(text string) error {
	n, err := parseBytes(text)
	if err == nil && (n == 0 || n > maxBody) {
		err = fmt.Errorf("is a length between 1 byte and 1GiB, because bodies are held in memory")
	}
	if err == nil {
		*b = body(n)
	}
	return err
}

func parseBytes(text string) (int64, error) {
	parts := memoryPattern.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("takes bytes, or a number with KiB, MiB, GiB or TiB, such as 512MiB")
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	unit := map[string]int64{"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}[strings.ToLower(parts[2])]
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("is more than any machine has")
	}
	return n * unit, nil
}
