package training

import (
	"context"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
)

// matcher finds the first capture group of a metric's expression in a line.
type matcher func(line string) (value string, ok bool)

// matchTimeout bounds an expression that backtracks without end.
const matchTimeout = 100 * time.Millisecond

// compileMetric compiles an expression of Python's dialect (TrainContainer-13):
// by Go's engine, which is linear, where it takes the expression, else by one
// that backtracks and knows look-around and back references.
func compileMetric(expr string) (matcher, error) {
	if re, err := regexp.Compile(expr); err == nil {
		return func(line string) (string, bool) {
			m := re.FindStringSubmatch(line)
			return firstGroup(len(m), func(i int) string { return m[i] })
		}, nil
	}
	re, err := regexp2.Compile(expr, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return func(line string) (string, bool) {
		m, err := re.FindStringMatch(line)
		if err != nil || m == nil {
			return "", false
		}
		groups := m.Groups()
		return firstGroup(len(groups), func(i int) string { return groups[i].String() })
	}, nil
}

// firstGroup is group 1, or the whole match of an expression without groups.
func firstGroup(n int, group func(int) string) (string, bool) {
	switch n {
	case 0:
		return "", false
	case 1:
		return group(0), true
	}
	return group(1), true
}

// scanner reads the log streams of a job's hosts as they grow and publishes what
// the metric definitions find. A restarted server scans from the beginning again;
// the sink ignores what it has already (Metric.Seq).
type scanner struct {
	service  *Service
	scope    aws.Scope
	job      string
	names    []string
	matchers []matcher
	tails    []*tail
	latest   map[string]Metric
}

// tail is how far one host's log stream was read.
type tail struct {
	path   string
	offset int64
	// seq is added to an offset to make it unique within the job.
	seq int64
}

// hostBits is how far the number of the host is shifted in Metric.Seq: above the
// length of any log.
const hostBits = 48

func (s *Service) newScanner(ctx context.Context, r *row) (*scanner, error) {
	c := &scanner{service: s, scope: r.Scope, job: r.Name, latest: make(map[string]Metric)}
	paths, err := s.logPaths(ctx, r)
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		c.tails = append(c.tails, &tail{path: path, seq: int64(i) << hostBits})
	}
	for _, d := range r.Body.Request.AlgorithmSpecification.MetricDefinitions {
		m, compileErr := compileMetric(*d.Regex)
		if compileErr != nil {
			continue // an image's own definition that our engines refuse finds nothing
		}
		c.names, c.matchers = append(c.names, *d.Name), append(c.matchers, m)
	}
	return c, nil
}

// chunkEvents and chunkBytes bound how much of a log is held in memory at once.
const chunkEvents, chunkBytes = 10_000, 4 << 20

// advance scans what was appended since the last call; with all, to the end.
func (c *scanner) advance(ctx context.Context, all bool) error {
	if len(c.matchers) == 0 {
		return nil
	}
	for _, t := range c.tails {
		if err := c.follow(ctx, t, all); err != nil {
			return err
		}
	}
	return nil
}

// follow is advance for one host.
func (c *scanner) follow(ctx context.Context, t *tail, all bool) error {
	for {
		events, err := logstream.Read(t.path, t.offset, chunkEvents, chunkBytes)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		var found []Metric
		for _, e := range events {
			found = c.search(found, e, t.seq)
		}
		if len(found) > 0 {
			if err := c.service.Metrics.PublishTrainingMetrics(ctx, c.scope, c.job, found); err != nil {
				return err
			}
		}
		t.offset = events[len(events)-1].Next
		if !all && len(events) < chunkEvents {
			return nil
		}
	}
}

// search applies every definition to one line.
func (c *scanner) search(found []Metric, e logstream.Event, seq int64) []Metric {
	for i, match := range c.matchers {
		text, ok := match(e.Message)
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
			continue // not a number that a metric can have
		}
		m := Metric{Name: c.names[i], Value: value, Time: e.Time.UTC(), Seq: seq + e.Offset}
		if old, ok := c.latest[m.Name]; !ok || !m.Time.Before(old.Time) {
			c.latest[m.Name] = m
		}
		found = append(found, m)
	}
	return found
}

// maxFinal is how many metrics FinalMetricDataList holds (DescTJ-14).
const maxFinal = 40

// last is the last value of each metric, in the order of the definitions.
func (c *scanner) last() (values []Metric) {
	for _, name := range c.names {
		if m, ok := c.latest[name]; ok && len(values) < maxFinal {
			values = append(values, m)
		}
	}
	return values
}
