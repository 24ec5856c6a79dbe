package dir_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// Locate answers every key in order, missing and repeated ones too, with the
// content in the row or the files that hold it.
func TestLocate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, _ := open(t, db)
		makeBucket(t, s)
		big := strings.Repeat("x", 100<<10)
		keys := []string{"none"}
		for i := range 300 { // more than one query
			key := fmt.Sprintf("k%03d", i)
			write(t, s, key, key)
			keys = append(keys, key)
		}
		write(t, s, "big", big)
		keys = append(keys, "big", "k007")
		for _, content := range []bool{true, false} {
			got, err := s.Locate(t.Context(), "b", keys, content)
			if err != nil || len(got) != len(keys) {
				t.Fatalf("%d of %d, %v", len(got), len(keys), err)
			}
			for i, l := range got {
				if l.Key != keys[i] || l.Missing != (keys[i] == "none") {
					t.Fatalf("entry %d is %+v", i, l)
				}
				if l.Missing {
					continue
				}
				info, err := s.Head(t.Context(), "b", l.Key)
				if err != nil || info.ETag != l.ETag || info.Size != l.Size {
					t.Fatalf("%+v, the head is %+v, %v", l, info, err)
				}
				if !content && (l.Body != nil || l.Files != nil) {
					t.Fatalf("content that nobody asked for: %+v", l)
				}
				if content && text(t, &l) != map[bool]string{true: big, false: l.Key}[l.Key == "big"] {
					t.Fatalf("%q has other content", l.Key)
				}
			}
		}
		if _, err := s.Locate(t.Context(), "nobody", keys, true); !errors.Is(err, blob.ErrNoSuchBucket) {
			t.Errorf("without the bucket: %v", err)
		}
	})
}

// text is a located content.
func text(t *testing.T, l *blob.Located) string {
	t.Helper()
	out := string(l.Body)
	for _, f := range l.Files {
		b, err := os.ReadFile(f.Path)
		if err != nil || int64(len(b)) != f.Size {
			t.Fatal(len(b), err)
		}
		out += string(b)
	}
	return out
}

func write(t *testing.T, s *dir.Store, key, content string) {
	t.Helper()
	if _, err := s.Put(t.Context(), "b", key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
}
