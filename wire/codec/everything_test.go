package codec_test

import (
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// everything is a structure with a member of each kind, which no operation has.
type everything struct {
	Text     *string
	Choice   choice
	Flag     *bool
	Small    *int32
	Big      *int64
	Single   *float32
	Double   *float64
	When     *time.Time
	Data     []byte
	Inner    *everything
	List     []string
	Choices  []choice
	Inners   []*everything
	Texts    map[string]string
	Numbers  map[string]int32
	Either   *either
	ISO      *time.Time
	Matrix   [][]float64
	ByChoice map[choice]*everything
}

type choice string

type either struct {
	A *string
	B []string
}

var (
	text            = &schema.Shape{Name: "Text", Kind: schema.String}
	choices         = &schema.Shape{Name: "Choice", Kind: schema.Enum, Enum: []string{"One", "Two"}}
	small           = &schema.Shape{Name: "Small", Kind: schema.Integer}
	double          = &schema.Shape{Name: "Double", Kind: schema.Double}
	when            = &schema.Shape{Name: "When", Kind: schema.Timestamp}
	list            = &schema.Shape{Name: "List", Kind: schema.List, Elem: text}
	everythingShape = makeEverything()
)

func makeEverything() *schema.Shape {
	s := &schema.Shape{Name: "Everything", Kind: schema.Structure}
	for i, m := range []schema.Member{
		{Name: "Text", Shape: text},
		{Name: "Choice", Shape: choices},
		{Name: "Flag", Shape: &schema.Shape{Kind: schema.Boolean}},
		{Name: "Small", Shape: small},
		{Name: "Big", Shape: &schema.Shape{Kind: schema.Long}},
		{Name: "Single", Shape: &schema.Shape{Kind: schema.Float}},
		{Name: "Double", Shape: double},
		{Name: "When", Shape: when},
		{Name: "Data", Shape: &schema.Shape{Kind: schema.Blob}},
		{Name: "Inner", Shape: s},
		{Name: "List", Shape: list},
		{Name: "Choices", Shape: &schema.Shape{Kind: schema.List, Elem: choices}},
		{Name: "Inners", Shape: &schema.Shape{Kind: schema.List, Elem: s}},
		{Name: "Texts", Shape: &schema.Shape{Kind: schema.Map, Key: text, Elem: text}},
		{Name: "Numbers", Shape: &schema.Shape{Kind: schema.Map, Key: text, Elem: small}},
		{Name: "Either", Shape: &schema.Shape{Name: "Either", Kind: schema.Union, Members: []schema.Member{
			{Name: "A", Shape: text}, {Name: "B", Shape: list, Field: 1},
		}}},
		{Name: "ISO", Shape: when, TimestampFormat: "iso8601"},
		{Name: "Matrix", Shape: &schema.Shape{Kind: schema.List, Elem: &schema.Shape{Kind: schema.List, Elem: double}}},
		{Name: "ByChoice", Shape: &schema.Shape{Kind: schema.Map, Key: choices, Elem: s}},
	} {
		m.Field = i
		s.Members = append(s.Members, m)
	}
	return s
}
