package main

import "testing"

func TestBody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1": 1, "6MiB": 6 << 20, "1gib": 1 << 30, "0": 0, "": 0, "1073741825": 0, "7MB": 0} {
		var got body
		if err := got.Set(text); int64(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for n, want := range map[body]string{6 << 20: "6MiB", 7: "7"} {
		if got := n.String(); got != want {
			t.Errorf("%d is shown as %q", int64(n), got)
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"16777216": 16 << 20, "16777216B": 16 << 20, "16MiB": 16 << 20, "512mib": 512 << 20, "2GiB": 2 << 30, "20000KiB": 20000 << 10, "1TiB": 1 << 40,
		"": 0, "0": 0, "15MiB": 0, "-1": 0, "1.5GiB": 0, "2GB": 0, "2 GiB": 0, "GiB": 0, "9223372036854775808": 0, "9223372036854775807KiB": 0, "99999999TiB": 0,
	} {
		var got memory
		if err := got.Set(text); int64(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}
