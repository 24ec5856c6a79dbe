package native

import (
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestReadCSV: what the images' reader takes (e2e/test_native_trees.py compares
// the two on many texts).
func TestReadCSV(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	for text, want := range map[string]struct {
		rows    []float32
		columns int
		words   string
	}{
		"1,2\n3,4":                        {rows: []float32{1, 2, 3, 4}, columns: 2},
		"1;2\r3;4\r\n\r\n":                {rows: []float32{1, 2, 3, 4}, columns: 2},
		"\ufeff1\t2\n":                    {rows: []float32{1, 2}, columns: 2},
		" 1  2 \n3 4":                     {rows: []float32{1, 2, 3, 4}, columns: 2},
		"1,,3\n,,\n1,2, ":                 {rows: []float32{1, nan, 3, nan, nan, nan, 1, 2, nan}, columns: 3},
		"nan,-nan,+NaN":                   {rows: []float32{nan, nan, nan}, columns: 3},
		"0.1,-.5e1,7.":                    {rows: []float32{0.1, -5, 7}, columns: 3},
		"1, ,3":                           {words: "is not CSV"},
		"1,2\n3":                          {words: "line 2 has 1 columns"},
		"a,b\n1,2":                        {words: "is a header (a,b)"},
		"1,x":                             {words: "column 2 holds 'x'"},
		"1,inf":                           {words: "column 2 holds 'inf'"},
		"1,0x10":                          {words: "'0x10'"},
		"1,it's":                          {words: `"it's"`},
		strings.Repeat("\r", 1<<20) + "1": {rows: []float32{1}, columns: 1},
	} {
		rows, columns, err := readCSV(nil, []byte(text))
		if want.words != "" {
			if err == nil || !strings.Contains(err.Error(), want.words) {
				t.Errorf("%.40q: the error is %v, want one with %q", text, err, want.words)
			}
			continue
		}
		if err != nil || columns != want.columns || !alike(rows, want.rows) {
			t.Errorf("%.40q is %v in %d columns, %v; want %v in %d", text, rows, columns, err, want.rows, want.columns)
		}
	}
}

func alike(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return x == y || x != x && y != y })
}

// TestReadLibsvm: with and without labels; what is not named is missing.
func TestReadLibsvm(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	for text, want := range map[string]struct {
		rows  []float32
		words string
	}{
		"0:1 2:3\n\n1 1:2 # more 0:1": {rows: []float32{1, nan, 3, nan, 2, nan}},
		"# nothing":                   {},
		"5 qid:1 0:0":                 {rows: []float32{0, nan, nan}},
		"3:1":                         {words: "names feature 3, the model has 3"},
		"0:1 0:2":                     {words: "feature 0 twice"},
		"-1:1":                        {words: "'-1:1'"},
		"0:nan":                       {words: "'0:nan'"},
		"x 0:1":                       {words: "'x'"},
	} {
		rows, err := readLibsvm(nil, []byte(text), 3)
		if want.words != "" {
			if err == nil || !strings.Contains(err.Error(), want.words) {
				t.Errorf("%q: the error is %v, want one with %q", text, err, want.words)
			}
		} else if err != nil || !alike(rows, want.rows) {
			t.Errorf("%q is %v, %v; want %v", text, rows, err, want.rows)
		}
	}
	if _, err := readLibsvm(nil, []byte(strings.Repeat("0:1\n", 100)), maxValues/64); err == nil {
		t.Error("a short request may make more values than there may be")
	}
}

// TestParseNumber: the short way is the same number as strconv's.
func TestParseNumber(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		f := (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(12)))
		text := strconv.FormatFloat(f, "fge"[r.IntN(3)], r.IntN(17), 64)
		want, _ := strconv.ParseFloat(text, 64)
		got, ok := parseNumber([]byte(text))
		if !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s is %v, %v; want %v", text, got, ok, want)
		}
	}
}

// TestAppendFloat compares with Python.
func TestAppendFloat(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no Python")
	}
	r := rand.New(rand.NewPCG(3, 4))
	numbers := []float64{0, math.Copysign(0, -1), 1, 1e16, 1e15, 123456789012345680, 1e-4, 1e-5, 5e-324, math.MaxFloat64}
	for range 2000 {
		f := math.Float64frombits(r.Uint64())
		numbers = append(numbers, float64(float32(r.NormFloat64())))
		if f-f == 0 {
			numbers = append(numbers, f)
		}
	}
	var bits, want strings.Builder
	for _, f := range numbers {
		bits.WriteString(strconv.FormatUint(math.Float64bits(f), 10) + " ")
		want.Write(append(appendFloat(nil, f), '\n'))
	}
	cmd := exec.Command(python, "-c", "import struct,sys\nfor b in sys.stdin.read().split(): print(struct.unpack('d', struct.pack('Q', int(b)))[0])")
	cmd.Stdin = strings.NewReader(bits.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != want.String() {
		a, b := strings.Fields(string(out)), strings.Fields(want.String())
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%s, want %s", b[i], a[i])
			}
		}
	}
}

// FuzzText: whatever a request holds, it is read to its end or refused.
func FuzzText(f *testing.F) {
	for _, text := range []string{"1,2\n3,,", "0:1 1:2", "\r\r\n;", "a,b", "1 2", "nan,-inf"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if rows, columns, err := readCSV(nil, text); err == nil && columns > 0 && len(rows)%columns != 0 {
			t.Errorf("%d numbers in %d columns", len(rows), columns)
		}
		if rows, err := readLibsvm(nil, text, 3); err == nil && len(rows)%3 != 0 {
			t.Errorf("%d numbers in 3 columns", len(rows))
		}
	})
}
