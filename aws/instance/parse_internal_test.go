package instance

import (
	"strings"
	"testing"
)

// The embedded table is whole; broken ones are refused with the row's name.
func TestParse(t *testing.T) {
	t.Parallel()
	all, err := types()
	if err != nil || len(all) != 214 {
		t.Fatalf("%d types, %v", len(all), err)
	}
	header, row, _ := strings.Cut(table, "\n")
	row, _, _ = strings.Cut(row, "\n")
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "no header"},
		"no such column": {strings.Replace(header, "vcpus", "cpus", 1) + "\n" + row, `no column "vcpus"`},
		"no number":      {header + "\n" + strings.Replace(row, ",2,", ",two,", 1), `vcpus is "two"`},
		"negative":       {header + "\n" + strings.Replace(row, ",2,", ",-2,", 1), `vcpus is "-2"`},
		"no name":        {header + "\n" + strings.Replace(row, "ml.", "", 1), "ml.family.size"},
		"twice":          {header + "\n" + row + "\n" + row, "occurs twice"},
		"short row":      {header + "\nml.m5.large,2", "wrong number of fields"},
	} {
		if _, err := parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
