package kit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Quota is how many resources of a kind an account may have in a region.
type Quota struct {
	// Name is what --quota calls it: "contexts".
	Name string
	// Default is the limit unless configured, 0 for none.
	Default int
}

// Quotas are the limits that were configured, by the names of their Quota; 0 is
// no limit. The nil map leaves every default.
type Quotas map[string]int

// Limit is the limit in force, 0 for none.
func (q Quotas) Limit(of Quota) int {
	if n, ok := q[of.Name]; ok {
		return n
	}
	return of.Default
}

// Exceeded refuses when used+more would be above the limit of quota (Err-6).
func (q Quotas) Exceeded(of Quota, used, more int) error {
	limit := q.Limit(of)
	if limit == 0 || used+more <= limit {
		return nil
	}
	return aws.Errorf(aws.ResourceLimitExceeded,
		"The account-level service limit '%s' is %d, with current utilization of %d and a request delta of %d. Delete some, or have the server started with --quota %s=N.",
		of.Name, limit, used, more, of.Name)
}

// checkQuota refuses one more resource than the kind's quota has room for.
func (k Kind[B]) checkQuota(tx *store.Tx, quotas Quotas, scope aws.Scope) error {
	if k.Quota == nil || quotas.Limit(*k.Quota) == 0 {
		return nil
	}
	used, err := k.Count(tx, scope, store.Query{})
	if err != nil {
		return err
	}
	return quotas.Exceeded(*k.Quota, used, 1)
}

// String prints q as --quota takes it.
func (q Quotas) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(q)) {
		parts = append(parts, fmt.Sprintf("%s=%d", name, q[name]))
	}
	return strings.Join(parts, ",")
}

// Set adds NAME=N; it makes *Quotas a flag value.
func (q *Quotas) Set(text string) error {
	name, number, ok := strings.Cut(text, "=")
	n, err := strconv.Atoi(number)
	if !ok || name == "" || err != nil || n < 0 {
		return fmt.Errorf("a quota is NAME=N with N of at least 0 (0 for no limit), got %q", text)
	}
	if *q == nil {
		*q = Quotas{}
	}
	(*q)[name] = n
	return nil
}

// Type says what the flag takes.
func (q *Quotas) Type() string { return "NAME=N" }
