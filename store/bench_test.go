package store_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// job resembles the body of a training job: about 3 KB of JSON.
type job struct {
	TrainingJobName string
	HyperParameters map[string]string
	Environment     map[string]string
	Channels        []channel
	RoleArn, Output string
}

type channel struct{ Name, URI, Type, Mode, Compression string }

func newJob(i int) job {
	j := job{TrainingJobName: fmt.Sprint("job-", i), HyperParameters: map[string]string{}, Environment: map[string]string{},
		RoleArn: "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole", Output: "s3://bucket/prefix/output"}
	for k := range 20 {
		j.HyperParameters[fmt.Sprint("hyperparameter_", k)] = strings.Repeat("v", 40)
		j.Environment[fmt.Sprint("VARIABLE_", k)] = strings.Repeat("e", 40)
	}
	for k := range 4 {
		j.Channels = append(j.Channels, channel{fmt.Sprint("channel", k), "s3://bucket/prefix/" + strings.Repeat("p", 60), "S3Prefix", "File", "None"})
	}
	return j
}

var jobs = store.NewTable[job]("training-job")

// eachBench runs fn on both databases.
func eachBench(b *testing.B, fn func(b *testing.B, db *store.DB)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, storetest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { fn(b, storetest.Open(b, storetest.PostgresURL(b))) })
}

func fill(b testing.TB, db *store.DB, n int) {
	b.Helper()
	for from := 0; from < n; from += 1000 {
		must(b, db.Update(b.Context(), func(tx *store.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				status := "Completed"
				if i%100 == 0 {
					status = "InProgress"
				}
				err := jobs.Insert(tx, &store.Row[job]{Scope: scope, Name: fmt.Sprint("job-", i), Status: status, ARN: fmt.Sprint("arn:aws:sagemaker:us-east-1:123456789012:training-job/job-", i), Body: newJob(i)})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// BenchmarkInsert commits one row per Update from 16 goroutines.
func BenchmarkInsert(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		var n atomic.Int64
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := int(n.Add(1))
				must(b, db.Update(b.Context(), func(tx *store.Tx) error {
					return jobs.Insert(tx, &store.Row[job]{Scope: scope, Name: fmt.Sprint("job-", i), Body: newJob(i)})
				}))
			}
		})
	})
}

// BenchmarkSmallUpdate commits one small statement per Update from 16 goroutines.
func BenchmarkSmallUpdate(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		var n atomic.Int64
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := n.Add(1)
				must(b, db.Update(b.Context(), func(tx *store.Tx) error {
					return store.AddTags(tx, scope, fmt.Sprint("arn", i), map[string]string{"k": "v"})
				}))
			}
		})
	})
}

// BenchmarkUpdateAlone commits one small statement per Update from 1 goroutine.
func BenchmarkUpdateAlone(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		for i := 0; b.Loop(); i++ {
			must(b, db.Update(b.Context(), func(tx *store.Tx) error {
				return store.AddTags(tx, scope, fmt.Sprint("arn", i), map[string]string{"k": "v"})
			}))
		}
	})
}

// BenchmarkPointRead reads one tag in a View from 16 goroutines.
func BenchmarkPointRead(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		must(b, db.Update(b.Context(), func(tx *store.Tx) error { return store.AddTags(tx, scope, "arn", map[string]string{"k": "v"}) }))
		b.SetParallelism(8)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				must(b, db.View(b.Context(), func(tx *store.Tx) error {
					var v string
					return tx.QueryRow("SELECT value FROM tag WHERE account = $1 AND region = $2 AND arn = $3 AND key = $4",
						scope.Account, scope.Region, "arn", "k").Scan(&v)
				}))
			}
		})
	})
}

// BenchmarkGet reads and decodes a 3 KB row among 10,000, from 1 goroutine.
func BenchmarkGet(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		fill(b, db, 10000)
		analyze(b, db)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(b, db.View(b.Context(), func(tx *store.Tx) error {
				_, err := jobs.Get(tx, scope, fmt.Sprint("job-", (i*7919)%10000))
				return err
			}))
		}
	})
}

// BenchmarkList pages through 100,000 rows in several orders.
func BenchmarkList(b *testing.B) {
	eachBench(b, func(b *testing.B, db *store.DB) {
		fill(b, db, 100000)
		analyze(b, db)
		for name, q := range map[string]store.Query{
			"created":       {Descending: true},
			"name":          {SortBy: store.ByName},
			"modified":      {SortBy: store.ByModified, Descending: true},
			"status":        {SortBy: store.ByStatus},
			"status-filter": {Status: "InProgress", Descending: true},
			"status-none":   {Status: "Stopping", Descending: true},
			"name-filter":   {NameContains: "9999", Descending: true},
		} {
			q.Limit = 100
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					must(b, db.View(b.Context(), func(tx *store.Tx) error {
						_, err := jobs.List(tx, scope, q)
						return err
					}))
				}
			})
		}
	})
}

// analyze does what PostgreSQL does by itself soon after, except in tests.
func analyze(b testing.TB, db *store.DB) {
	if db.Dialect() == "postgres" {
		must(b, db.Update(b.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("ANALYZE")
			return err
		}))
	}
}

// BenchmarkOpen opens a database with 100,000 rows.
func BenchmarkOpen(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		b.Run(name, func(b *testing.B) {
			url := url(b)
			fill(b, storetest.Open(b, url), 100000)
			for b.Loop() {
				db, err := store.Open(b.Context(), url, store.Options{})
				must(b, err)
				must(b, db.Close())
			}
		})
	}
}

// BenchmarkMemory reports what the process holds with 10,000 rows that have all
// been listed and read by many at once (SQLite; in MiB).
func BenchmarkMemory(b *testing.B) {
	db := storetest.SQLite(b)
	idle := resident(b)
	fill(b, db, 10000)
	for b.Loop() {
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				must(b, db.View(b.Context(), func(tx *store.Tx) error {
					_, err := jobs.List(tx, scope, store.Query{Limit: 100, NameContains: "9"})
					return err
				}))
				for i := range 2000 {
					must(b, db.View(b.Context(), func(tx *store.Tx) error {
						_, err := jobs.Get(tx, scope, fmt.Sprint("job-", i*5))
						return err
					}))
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(idle, "MiB-idle")
	b.ReportMetric(resident(b), "MiB-10000-rows")
}

// resident is the memory that the process holds now, in MiB.
func resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skipf("NOT MEASURED: memory, which takes the /proc of Linux: %v", err)
	}
	var size, pages float64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}
