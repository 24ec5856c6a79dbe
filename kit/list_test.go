package kit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

type ListThingsInput struct {
	CreatedAfter  *time.Time
	CreatedBefore *time.Time
	NameContains  *string
	Colour        *string
	SortBy        string
	SortOrder     sagemaker.SortOrder
	NextToken     *string
	MaxResults    *int32
}

var listThings = kit.NewList(things.Table, kit.ListOptions[ListThingsInput, thing]{
	Own: []string{"Colour"},
	Keep: func(in *ListThingsInput) func(*store.Row[thing]) bool {
		if in.Colour == nil {
			return nil
		}
		return func(r *store.Row[thing]) bool { return r.Body.Colour == *in.Colour }
	},
})

// Gen-5: every page is full, nothing is shown twice or left out while others
// write, and a token is good for its own filters and caller only.
func TestList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := aws.WithCaller(t.Context(), aws.Caller{Scope: home})
		base := kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}
		var want []string
		for i := range 250 {
			name, colour := fmt.Sprintf("t-%03d", i), "red"
			if i%10 == 3 {
				colour = "blue"
				want = append(want, name)
			}
			if err := create(t, db, home, name, colour, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, by := range []string{"Name", "CreationTime"} {
			for _, order := range []sagemaker.SortOrder{sagemaker.SortOrderAscending, sagemaker.SortOrderDescending} {
				in := &ListThingsInput{Colour: aws.Ptr("blue"), NameContains: aws.Ptr("t-"), SortBy: by, SortOrder: order, MaxResults: aws.Ptr[int32](7)}
				var got []string
				for page := 0; ; page++ {
					rows, next, err := listThings.Page(ctx, base, in)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, kit.Map(rows, func(r *store.Row[thing]) string { return r.Name })...)
					if next == nil {
						break
					}
					if len(rows) != 7 {
						t.Errorf("page %d has %d rows", page, len(rows))
					}
					// A row that comes and one that goes, before and behind the place.
					for _, name := range []string{"a-t-" + by + string(order), "z-t-" + by + string(order)} {
						if err := create(t, db, home, fmt.Sprint(name, page), "red", nil); err != nil {
							t.Fatal(err)
						}
					}
					in.NextToken = next
					bad := *in
					bad.Colour = aws.Ptr("red")
					if _, _, err := listThings.Page(ctx, base, &bad); aws.CodeOf(err) != aws.ValidationException {
						t.Errorf("a token with another filter: %v", err)
					}
				}
				if order == sagemaker.SortOrderDescending {
					slices.Reverse(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("by %s %s: %v, want %v", by, order, got, want)
				}
			}
		}
		if _, _, err := listThings.Page(ctx, base, &ListThingsInput{SortBy: "Colour"}); aws.CodeOf(err) != aws.ValidationException {
			t.Errorf("an order that is not known: %v", err)
		}
	})
}

// A filter that nothing reads is found when the program starts, not by a user.
func TestListRefusesUnreadMembers(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the member Colour is read by nobody, and nobody said so")
		}
	}()
	kit.NewList(things.Table, kit.ListOptions[ListThingsInput, thing]{})
}

// Time filters keep the bound itself, or with Strict leave it out.
func TestListBounds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := aws.WithCaller(t.Context(), aws.Caller{Scope: home})
		base := kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}
		if err := create(t, db, home, "one", "", nil); err != nil {
			t.Fatal(err)
		}
		rows, _, err := listThings.Page(ctx, base, &ListThingsInput{})
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		at := rows[0].CreatedAt
		strict := kit.NewList(things.Table, kit.ListOptions[ListThingsInput, thing]{Own: []string{"Colour"}, Strict: true})
		half := kit.NewList(things.Table, kit.ListOptions[ListThingsInput, thing]{Own: []string{"Colour"}, StrictBefore: true})
		for name, c := range map[string]struct {
			list kit.List[ListThingsInput, thing]
			in   ListThingsInput
			want int
		}{
			"inclusive":     {listThings, ListThingsInput{CreatedAfter: &at, CreatedBefore: &at}, 1},
			"strict after":  {strict, ListThingsInput{CreatedAfter: &at}, 0},
			"strict before": {strict, ListThingsInput{CreatedBefore: &at}, 0},
			"half after":    {half, ListThingsInput{CreatedAfter: &at}, 1},
			"half before":   {half, ListThingsInput{CreatedBefore: &at}, 0},
			"strict around": {strict, ListThingsInput{CreatedAfter: aws.Ptr(at.Add(-time.Second)), CreatedBefore: aws.Ptr(at.Add(time.Second))}, 1},
		} {
			if rows, _, err := c.list.Page(ctx, base, &c.in); err != nil || len(rows) != c.want {
				t.Errorf("%s: %d rows, %v", name, len(rows), err)
			}
		}
	})
}
