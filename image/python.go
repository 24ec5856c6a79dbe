package image

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// bound is one condition of a version range.
type bound struct {
	op           string // ">=", "<", "=="
	major, minor int
}

// pythonRange is a range of Python versions; the empty one admits every Python 3.
type pythonRange []bound

// parseRange reads ">=3.10,<3.14"; "3.11" is "==3.11", and "==3.11" admits
// every 3.11.x.
func parseRange(s string) (pythonRange, error) {
	var r pythonRange
	for _, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		b := bound{op: "=="}
		for _, op := range []string{">=", "<", "=="} {
			if rest, ok := strings.CutPrefix(part, op); ok {
				b.op, part = op, strings.TrimSpace(rest)
				break
			}
		}
		major, minor, _ := strings.Cut(part, ".")
		var errMajor, errMinor error
		b.major, errMajor = strconv.Atoi(major)
		b.minor, errMinor = strconv.Atoi(minor)
		if errMajor != nil || errMinor != nil {
			return nil, fmt.Errorf("%q is no version range: write it like >=3.10,<3.14", s)
		}
		r = append(r, b)
	}
	return r, nil
}

// admits says whether a version lies in the range.
func (r pythonRange) admits(major, minor int) bool {
	for _, b := range r {
		d := (major-b.major)*1000 + minor - b.minor
		if b.op == ">=" && d < 0 || b.op == "<" && d >= 0 || b.op == "==" && d != 0 {
			return false
		}
	}
	return major == 3
}

// String is the range as uv and people write it.
func (r pythonRange) String() string {
	if len(r) == 0 {
		return ">=3"
	}
	parts := make([]string, len(r))
	for i, b := range r {
		parts[i] = fmt.Sprintf("%s%d.%d", b.op, b.major, b.minor)
		if b.op == "==" {
			parts[i] += ".*"
		}
	}
	return strings.Join(parts, ",")
}

// findPython answers the path of an interpreter in the range, asking the
// programs called python3, python3.N and python on PATH.
func findPython(ctx context.Context, r pythonRange) (string, error) {
	var seen []string
	for _, name := range pythonNames() {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		out, err := exec.CommandContext(ctx, path, "-c",
			"import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)").Output()
		cancel()
		if err != nil {
			continue // such as a shim for a version that is not installed
		}
		var major, minor int
		fields := strings.SplitN(strings.TrimSpace(string(out)), " ", 3)
		if len(fields) != 3 {
			continue
		}
		major, _ = strconv.Atoi(fields[0])
		minor, _ = strconv.Atoi(fields[1])
		if r.admits(major, minor) {
			return fields[2], nil
		}
		seen = append(seen, fmt.Sprintf("%s is %d.%d", name, major, minor))
	}
	if len(seen) == 0 {
		return "", fmt.Errorf("no python3 on the server's PATH: install Python (%s)", r)
	}
	return "", fmt.Errorf("no Python %s on the server's PATH (%s): install one", r, strings.Join(seen, ", "))
}

// pythonNames are the commands to try, in order of preference.
func pythonNames() []string {
	names := []string{"python3"}
	for minor := 11; minor <= 16; minor++ {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	return append(names, "python3.10", "python3.9", "python")
}
