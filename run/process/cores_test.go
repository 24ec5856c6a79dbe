//go:build linux

package process

import "testing"

func TestCoreNames(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"core\n": "core", "core.%e.%p\n": "core.", "|/usr/share/apport/apport %p\n": "", "/var/crash/%e\n": "", "%e.core\n": "", "dumps/core\n": "", "\n": "",
	} {
		if got := coreNames(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}
