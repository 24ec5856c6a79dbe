package training

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/logstream"
)

// FinalMetricDataList has one value a metric, the last one, and 40 at most, in the
// order of the definitions (DescTJ-14).
func TestFinalMetrics(t *testing.T) {
	t.Parallel()
	c := &scanner{latest: map[string]Metric{}, totals: map[string]summary.Summary{}}
	for i := range 45 {
		match, err := compileMetric(fmt.Sprintf(`m%02d=(\S+)`, i))
		must(t, err)
		c.names, c.matchers = append(c.names, fmt.Sprintf("m%02d", i)), append(c.matchers, match)
	}
	var line strings.Builder
	for i := range 45 {
		if i != 3 {
			fmt.Fprintf(&line, "m%02d=%d ", i, i)
		}
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, text := range []string{"m00=7 m01=nan m02=none", line.String(), "m05=inf m06="} {
		c.search(nil, logstream.Event{Message: text, Offset: int64(i), Time: at.Add(time.Duration(i) * time.Second)}, 0)
	}
	got := c.last()
	if len(got) != 40 || got[0].Value != 0 || got[2].Value != 2 || got[3].Name != "m04" || got[4].Value != 5 || got[39].Name != "m40" {
		t.Errorf("%d values: %+v", len(got), got)
	}
}
