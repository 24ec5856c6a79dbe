//go:build linux

package process

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// cores is how the names of core files begin that programs leave in their working
// directory (run.Traits.Cores): it is for the kernel's own settings to say, which
// hold for the whole machine. Many distributions hand core files to a program of
// theirs, or keep them in one directory.
func cores() string {
	text, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	var limit unix.Rlimit
	if err != nil || unix.Getrlimit(unix.RLIMIT_CORE, &limit) != nil || limit.Max == 0 && os.Geteuid() != 0 {
		return ""
	}
	return coreNames(string(text))
}

// coreNames is the beginning of all names that a pattern of the kernel gives, "" for
// one that names no file of the working directory.
func coreNames(pattern string) string {
	pattern = strings.TrimSuffix(pattern, "\n")
	if strings.HasPrefix(pattern, "|") || strings.Contains(pattern, "/") {
		return ""
	}
	name, _, _ := strings.Cut(pattern, "%")
	return name
}
