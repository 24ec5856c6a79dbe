package modelcard

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// document is what a PDF file of a card is made from, and nothing else: the same
// document always becomes the same bytes.
type document struct {
	Name, ARN, Status string
	Version           int32
	// Created and Modified are the card's and the version's times, Exported that
	// of the request to print it.
	Created, Modified, Exported time.Time
	Content                     string
}

// Measures, in millimetres and points.
const (
	margin   = 18.0
	lineMM   = 5.0
	textPt   = 10.0
	smallPt  = 8.0
	titlePt  = 20.0
	font     = "Go"
	headings = 4 // levels beyond look like the last
)

// render draws the document: who and what the card is, then its content in the
// order in which it was written.
func (d document) render() ([]byte, error) {
	content, err := parse(d.Content)
	if err != nil {
		return nil, fmt.Errorf("modelcard: content: %w", err)
	}
	p, err := newPage(d)
	if err != nil {
		return nil, err
	}
	p.heading(0, d.Name)
	for _, field := range [][2]string{
		{"Version", fmt.Sprint(d.Version)}, {"Status", d.Status}, {"ARN", d.ARN},
		{"Created", stamp(d.Created)}, {"This version", stamp(d.Modified)}, {"Exported", stamp(d.Exported)},
	} {
		p.field(field[0], field[1])
	}
	for _, b := range layout(content, 1) {
		p.draw(b)
	}
	var out bytes.Buffer
	if err := p.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("modelcard: render: %w", err)
	}
	return out.Bytes(), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// page draws blocks one below the other.
type page struct {
	pdf   *fpdf.Fpdf
	glyph func(rune) bool
	width float64
}

func newPage(d document) (*page, error) {
	face, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("modelcard: font: %w", err)
	}
	var buffer sfnt.Buffer
	p := &page{pdf: fpdf.New("P", "mm", "A4", ""), glyph: func(r rune) bool {
		i, err := face.GlyphIndex(&buffer, r)
		return err == nil && i != 0
	}}
	p.pdf.SetCatalogSort(true)
	p.pdf.SetCreationDate(d.Exported.UTC())
	p.pdf.SetModificationDate(d.Exported.UTC())
	p.pdf.SetTitle(d.Name, true)
	p.pdf.SetSubject("Model card", true)
	p.pdf.AddUTF8FontFromBytes(font, "", goregular.TTF)
	p.pdf.AddUTF8FontFromBytes(font, "B", gobold.TTF)
	p.pdf.SetMargins(margin, margin, margin)
	p.pdf.SetAutoPageBreak(true, margin)
	p.pdf.AliasNbPages("{pages}")
	p.pdf.SetFooterFunc(func() {
		p.pdf.SetY(-margin + lineMM)
		p.pdf.SetFont(font, "", smallPt)
		p.pdf.CellFormat(0, lineMM, fmt.Sprintf("%s, version %d, page %d of {pages}", d.Name, d.Version, p.pdf.PageNo()), "", 0, "C", false, 0, "")
	})
	p.pdf.AddPage()
	full, _ := p.pdf.GetPageSize()
	p.width = full - 2*margin
	return p, p.pdf.Error()
}

func (p *page) draw(b block) {
	switch {
	case b.Level > 0:
		p.heading(b.Level, b.Text)
	case len(b.Rows) > 0:
		p.table(b.Names, b.Rows)
	case len(b.Items) > 0:
		p.field(b.Label, "")
		for _, item := range b.Items {
			p.text("\u2022 " + item)
		}
		p.pdf.Ln(1)
	default:
		p.field(b.Label, b.Text)
	}
}

func (p *page) heading(level int, text string) {
	level = min(level, headings)
	p.pdf.Ln(2)
	p.pdf.SetFont(font, "B", titlePt-3*float64(level)+float64(level*level)/4)
	p.pdf.MultiCell(0, lineMM+3-float64(level)/2, p.printable(text), "", "L", false)
	p.pdf.Ln(1)
}

// field is a label with a text of any length below it.
func (p *page) field(label, text string) {
	if label != "" {
		p.pdf.SetFont(font, "B", smallPt)
		p.pdf.MultiCell(0, lineMM-1, p.printable(label), "", "L", false)
	}
	if text != "" {
		p.text(text)
		p.pdf.Ln(1)
	}
}

func (p *page) text(text string) {
	p.pdf.SetFont(font, "", textPt)
	p.pdf.MultiCell(0, lineMM, p.printable(text), "", "L", false)
}

// table draws rows whose cells are as high as the longest text among them needs.
func (p *page) table(names []string, rows [][]string) {
	if len(names) > 0 {
		p.row("B", names)
	}
	for _, cells := range rows {
		p.row("", cells)
	}
	p.pdf.Ln(2)
}

func (p *page) row(style string, cells []string) {
	p.pdf.SetFont(font, style, textPt-1)
	width := p.width / float64(len(cells))
	height := lineMM
	for _, c := range cells {
		height = max(height, lineMM*float64(len(p.pdf.SplitText(p.printable(c), width-2))))
	}
	_, full := p.pdf.GetPageSize()
	if p.pdf.GetY()+height > full-margin {
		p.pdf.AddPage()
		p.pdf.SetFont(font, style, textPt-1)
	}
	x, y := p.pdf.GetXY()
	for i, c := range cells {
		p.pdf.Rect(x+float64(i)*width, y, width, height, "D")
		p.pdf.SetXY(x+float64(i)*width, y)
		p.pdf.MultiCell(width, lineMM, p.printable(c), "", "L", false)
	}
	p.pdf.SetXY(x, y+height)
}

// printable replaces what the font has no sign for by the number of the character,
// so that nothing of the content is lost without a trace.
func (p *page) printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == ' ':
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r) && p.glyph(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}
