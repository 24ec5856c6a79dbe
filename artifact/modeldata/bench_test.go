package modeldata_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
)

// How long a replica waits for its model: brought for the first time, and from
// the cache.
func BenchmarkProvide(b *testing.B) {
	s := objects(b)
	for _, size := range []int{1 << 20, 64 << 20} {
		weights := make([]byte, size)
		_, _ = rand.Read(weights[:size/2]) // the other half compresses well
		key := fmt.Sprintf("%d.tar.gz", size)
		put(b, s, key, archive(b, member{name: "weights", content: string(weights)}))
		base := b.TempDir()
		c, err := modeldata.NewCache(modeldata.CacheConfig{Objects: s, Dir: filepath.Join(base, "cache")})
		must(b, err)
		r := request("s3://models/"+key, gzipped)
		n := 0
		next := func() string { n++; return filepath.Join(base, fmt.Sprint(n)) }
		b.Run(fmt.Sprintf("first/%dMiB", size>>20), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				must(b, modeldata.Download(b.Context(), s, r, next()))
			}
		})
		b.Run(fmt.Sprintf("again/%dMiB", size>>20), func(b *testing.B) {
			for b.Loop() {
				must(b, c.Provide(b.Context(), r, next()))
			}
		})
	}
}
