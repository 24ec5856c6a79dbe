package blobtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
)

func (s *suite) list(t *testing.T) {
	b := s.bucket(t)
	for _, k := range []string{"a", "a/", "a/b", "a/c/d", "a0", "b/x", "é"} {
		s.put(t, b, k, k)
	}
	for _, c := range []struct {
		o    blob.ListOptions
		want string // keys and, in brackets, common prefixes; ">next" when truncated
	}{
		{blob.ListOptions{}, "a a/ a/b a/c/d a0 b/x é"},
		{blob.ListOptions{Delimiter: "/"}, "a a0 é [a/] [b/]"},
		{blob.ListOptions{Prefix: "a/"}, "a/ a/b a/c/d"},
		{blob.ListOptions{Prefix: "a/", Delimiter: "/"}, "a/ a/b [a/c/]"},
		{blob.ListOptions{Prefix: "zz"}, ""},
		{blob.ListOptions{After: "a/b"}, "a/c/d a0 b/x é"},
		{blob.ListOptions{After: "a/b", Delimiter: "/"}, "a0 é [b/]"},
		{blob.ListOptions{After: "a/", Delimiter: "/"}, "a0 é [b/]"},
		{blob.ListOptions{Max: 2}, "a a/ >a/"},
		{blob.ListOptions{Max: 2, Delimiter: "/"}, "a [a/] >a/"},
		{blob.ListOptions{Max: 7}, "a a/ a/b a/c/d a0 b/x é"},
		{blob.ListOptions{Max: 2, Delimiter: "/", After: "a0"}, "é [b/]"},
		{blob.ListOptions{Delimiter: "c/"}, "a a/ a/b a0 b/x é [a/c/]"},
	} {
		l, err := s.store.List(ctx(t), b, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(l); got != c.want {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
	}
}

// show is a listing as one line.
func show(l blob.Listing) string {
	var out []string
	for _, o := range l.Objects {
		out = append(out, o.Key)
	}
	for _, p := range l.CommonPrefixes {
		out = append(out, "["+p+"]")
	}
	if l.Next != "" {
		out = append(out, ">"+l.Next)
	}
	return strings.Join(out, " ")
}

// listModel: pages of any size together are what sorting and grouping all keys
// gives.
func (s *suite) listModel(t *testing.T) {
	b := s.bucket(t)
	rng := rand.New(rand.NewPCG(3, 4))
	var keys []string
	for len(keys) < 120 {
		k := make([]byte, rng.IntN(7)+1)
		for i := range k {
			k[i] = "ab/-"[rng.IntN(4)]
		}
		if !slices.Contains(keys, string(k)) {
			keys = append(keys, string(k))
			s.put(t, b, string(k), "")
		}
	}
	slices.Sort(keys)
	for range 60 {
		o := blob.ListOptions{Max: rng.IntN(20) + 1, Delimiter: []string{"", "/", "a", "-/"}[rng.IntN(4)],
			Prefix: []string{"", "a", "/", "ab", "b/"}[rng.IntN(5)]}
		if rng.IntN(3) == 0 {
			o.After = keys[rng.IntN(len(keys))]
		}
		want := model(keys, o)
		var got []string
		for start := o.After; ; {
			o.After = start
			l, err := s.store.List(ctx(t), b, o)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(l.Objects) + len(l.CommonPrefixes); n > o.Max || l.Next != "" && n < o.Max {
				t.Fatalf("%+v: a page of %d", o, n)
			}
			for _, e := range l.Objects {
				got = append(got, e.Key)
			}
			for _, p := range l.CommonPrefixes {
				got = append(got, p+"*")
			}
			if start = l.Next; start == "" {
				break
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v:\n got %q\nwant %q", o, got, want)
		}
	}
}

// model lists keys the slow way: common prefixes end with "*".
func model(keys []string, o blob.ListOptions) (want []string) {
	for _, k := range keys {
		if !strings.HasPrefix(k, o.Prefix) {
			continue
		}
		if p, ok := blob.CommonPrefix(k, o.Prefix, o.Delimiter); ok {
			if p > o.After && !slices.Contains(want, p+"*") && !strings.HasPrefix(o.After, p) {
				want = append(want, p+"*")
			}
		} else if k > o.After {
			want = append(want, k)
		}
	}
	slices.Sort(want)
	return want
}

// uploads lists uploads under way, by key and id.
func (s *suite) uploads(t *testing.T) {
	b := s.bucket(t)
	ids := map[string]string{}
	for _, k := range []string{"x/1", "a", "x/2", "a", "z"} {
		u, err := s.store.CreateUpload(ctx(t), b, k, blob.PutOptions{}, "", "")
		if err != nil {
			t.Fatal(err)
		}
		ids[u.ID] = k
	}
	seen := map[string]string{}
	var order []string
	for o := (blob.UploadListOptions{ListOptions: blob.ListOptions{Max: 1}}); ; {
		l, err := s.store.ListUploads(ctx(t), b, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range l.Uploads {
			seen[u.ID] = u.Key
			order = append(order, u.Key)
		}
		if o.After, o.AfterID = l.Next, l.NextID; o.After == "" {
			break
		}
	}
	if fmt.Sprint(seen) != fmt.Sprint(ids) || !slices.IsSorted(order) || len(order) != 5 {
		t.Fatalf("got %v in order %v, want %v", seen, order, ids)
	}
	l, err := s.store.ListUploads(ctx(t), b, blob.UploadListOptions{ListOptions: blob.ListOptions{Delimiter: "/"}})
	if err != nil || len(l.Uploads) != 3 || !slices.Equal(l.CommonPrefixes, []string{"x/"}) {
		t.Fatalf("grouped: %+v, %v", l, err)
	}
}
