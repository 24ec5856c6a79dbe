package explain_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/shap/explain"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// counting counts the records of each request to a model.
func counting(model explain.Model, counts *[]int) explain.Model {
	return func(ctx context.Context, body []byte, contentType string) (explain.Payload, error) {
		*counts = append(*counts, 1+bytes.Count(bytes.TrimSpace(body), []byte("\n")))
		return model(ctx, body, contentType)
	}
}

// TestBatches: no request has more records or bytes than allowed, and all synthetic
// rows are asked about (Explain-1, CreateEndpointConfig-13).
func TestBatches(t *testing.T) {
	t.Parallel()
	for _, most := range []int32{1, 2, 7, 1000} {
		c := config("0,0,0", func(c *sagemaker.ClarifyExplainerConfig) { c.InferenceConfig.MaxRecordCount = &most })
		var counts []int
		a := must(t, c, request("text/csv", "1,2,3\n4,5,6\n7,8,9"), counting(csvModel(linear), &counts))
		near(t, a.values(2), [][]float64{{7}, {80}, {900}})
		sum := 0
		for _, n := range counts {
			sum += n
		}
		if want := 3 + 3*(6+1); sum != want || slices.Max(counts) > int(most) {
			t.Errorf("at most %d records: requests of %v, %d in all, want %d", most, counts, sum, want)
		}
		if a.Predictions.Data != "321\n654\n987" {
			t.Errorf("the predictions are %q", a.Predictions.Data)
		}
	}
}

// TestPayloads: MaxPayloadInMB bounds the bytes of a request.
func TestPayloads(t *testing.T) {
	t.Parallel()
	c := config("", func(c *sagemaker.ClarifyExplainerConfig) {
		c.InferenceConfig.MaxPayloadInMB = aws.Ptr(int32(1))
		c.ShapConfig.ShapBaselineConfig.ShapBaseline = aws.Ptr("x,y,z")
	})
	largest := 0
	model := func(_ context.Context, body []byte, _ string) (explain.Payload, error) {
		largest = max(largest, len(body))
		rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
		out := make([]string, len(rows))
		for i, row := range rows {
			out[i] = fmt.Sprint(len(row[0]) + len(row[1]) + len(row[2]))
		}
		return explain.Payload{ContentType: "text/csv", Data: []byte(strings.Join(out, "\n"))}, err
	}
	cell := strings.Repeat("a", 200_000)
	a := must(t, c, request("text/csv", cell+","+cell+","+cell), model)
	near(t, a.values(0), [][]float64{{199_999}, {199_999}, {199_999}})
	if largest > 1<<20 || largest < 1<<19 {
		t.Errorf("the largest request has %d bytes", largest)
	}
	_, err := ask(t, c, request("text/csv", strings.Repeat(cell, 6)+",b,c"), model)
	refusal(t, err, aws.ValidationError, "MaxPayloadInMB allows 1048576")
}

// TestTuning: without MaxRecordCount the number of records is found out, of models
// that refuse more and of models that answer another number of predictions, and kept
// for the next request.
func TestTuning(t *testing.T) {
	t.Parallel()
	inner := csvModel(func(x []float64) string { return fmt.Sprint(x[0] + x[9]) })
	for name, refuse := range map[string]func(explain.Payload, int) (explain.Payload, error){
		"refuses": func(explain.Payload, int) (explain.Payload, error) { return explain.Payload{}, errors.New("too many") },
		"answers one": func(p explain.Payload, _ int) (explain.Payload, error) {
			return explain.Payload{ContentType: "text/csv", Data: []byte("1")}, nil
		},
	} {
		for _, takes := range []int{1, 3, 100} {
			var counts []int
			model := counting(func(ctx context.Context, body []byte, contentType string) (explain.Payload, error) {
				p, err := inner(ctx, body, contentType)
				if n := 1 + bytes.Count(body, []byte("\n")); n > takes {
					return refuse(p, n)
				}
				return p, err
			}, &counts)
			c := config(strings.Repeat("0,", 9) + "0")
			e, err := explain.New(c, []byte(*c.ShapConfig.ShapBaselineConfig.ShapBaseline))
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for range 2 {
				counts = nil
				if _, err := e.Explain(t.Context(), request("text/csv", strings.Repeat("1,", 9)+"1"), model); err != nil {
					t.Fatalf("%s, takes %d: %v", name, takes, err)
				}
				failed = 0
				for _, n := range counts {
					if n > takes {
						failed++
					}
				}
			}
			if failed > 0 {
				t.Errorf("%s, takes %d: the second request tried again to send more, %d times", name, takes, failed)
			}
		}
	}
}

// TestSeeds: with a seed the explanation is the same every time, wherever the record
// stands; without one it is not where coalitions are drawn (Explain-1).
func TestSeeds(t *testing.T) {
	t.Parallel()
	row, zeros := strings.Repeat("1,", 19)+"1", strings.Repeat("0,", 19)+"0"
	model := csvModel(func(x []float64) string {
		y := 1.0
		for i := range x {
			y += float64(i) * x[i] * y / 20
		}
		return fmt.Sprint(y)
	})
	c := config(zeros, func(c *sagemaker.ClarifyExplainerConfig) { c.ShapConfig.NumberOfSamples = aws.Ptr(int32(150)) })
	first := must(t, c, request("text/csv", row), model).values(0)
	near(t, must(t, c, request("text/csv", zeros+"\n"+row), model).values(1), first)
	c.ShapConfig.Seed = nil
	other := must(t, c, request("text/csv", row), model).values(0)
	if slices.EqualFunc(first, other, slices.Equal) {
		t.Error("without a seed the values are those of a seed")
	}
}
