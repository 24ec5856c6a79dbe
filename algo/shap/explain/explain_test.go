package explain_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/shap/explain"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// answer is what clients read (Explain-4).
type answer struct {
	Version     string
	Predictions struct {
		ContentType string `json:"content_type"`
		Data        string
	}
	LabelHeaders []string `json:"label_headers"`
	Explanations struct {
		KernelSHAP [][]struct {
			Header       string `json:"feature_header"`
			Type         string `json:"feature_type"`
			Attributions []struct {
				Attribution []float64
				Description *struct {
					PartialText string `json:"partial_text"`
					Start       int    `json:"start_idx"`
				}
			}
		} `json:"kernel_shap"`
	}
}

// values are the attributions of a tabular record, [feature][output].
func (a answer) values(record int) (list [][]float64) {
	for _, f := range a.Explanations.KernelSHAP[record] {
		list = append(list, f.Attributions[0].Attribution)
	}
	return list
}

// config is a configuration with an inline baseline.
func config(baseline string, more ...func(*sagemaker.ClarifyExplainerConfig)) *sagemaker.ClarifyExplainerConfig {
	c := &sagemaker.ClarifyExplainerConfig{
		InferenceConfig: &sagemaker.ClarifyInferenceConfig{},
		ShapConfig: &sagemaker.ClarifyShapConfig{
			ShapBaselineConfig: &sagemaker.ClarifyShapBaselineConfig{ShapBaseline: &baseline}, Seed: aws.Ptr(int32(7)),
		},
	}
	for _, m := range more {
		m(c)
	}
	return c
}

// ask explains a body and reads the answer.
func ask(t *testing.T, c *sagemaker.ClarifyExplainerConfig, r explain.Request, model explain.Model) (answer, error) {
	t.Helper()
	if err := explain.Check(c); err != nil {
		t.Fatal(err)
	}
	e, err := explain.New(c, []byte(*c.ShapConfig.ShapBaselineConfig.ShapBaseline))
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Explain(t.Context(), r, model)
	if err != nil {
		return answer{}, err
	}
	if p.ContentType != "application/json" {
		t.Errorf("the answer is %s", p.ContentType)
	}
	var a answer
	if err := json.Unmarshal(p.Data, &a); err != nil {
		t.Fatal(err)
	}
	return a, nil
}

func must(t *testing.T, c *sagemaker.ClarifyExplainerConfig, r explain.Request, model explain.Model) answer {
	t.Helper()
	a, err := ask(t, c, r, model)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(contentType, body string) explain.Request {
	return explain.Request{Payload: explain.Payload{ContentType: contentType, Data: []byte(body)}}
}

// csvModel answers each row of CSV by a function of its numbers.
func csvModel(f func(x []float64) string) explain.Model {
	return func(_ context.Context, body []byte, contentType string) (explain.Payload, error) {
		rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
		if err != nil || contentType != "text/csv" {
			return explain.Payload{}, fmt.Errorf("%s: %w", contentType, err)
		}
		var out []string
		for _, row := range rows {
			x := make([]float64, len(row))
			for i := range row {
				if x[i], err = strconv.ParseFloat(row[i], 64); err != nil {
					return explain.Payload{}, err
				}
			}
			out = append(out, f(x))
		}
		return explain.Payload{ContentType: "text/csv; charset=utf-8", Data: []byte(strings.Join(out, "\n"))}, nil
	}
}

// linear is 1·a + 10·b + 100·c.
func linear(x []float64) string { return fmt.Sprint(x[0] + 10*x[1] + 100*x[2]) }

func near(t *testing.T, got, want [][]float64) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b []float64) bool {
		return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-9 })
	}) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCSV: two records of a linear model, its predictions as they came, the headers
// of the configuration (Explain-1, Explain-4).
func TestCSV(t *testing.T) {
	t.Parallel()
	c := config("0,0,0", func(c *sagemaker.ClarifyExplainerConfig) {
		c.InferenceConfig.FeatureHeaders = []string{"a", "b", "c"}
		c.InferenceConfig.LabelHeaders = []string{"sum"}
	})
	a := must(t, c, request("text/csv", "1,2,3\n4,0,-1\n"), csvModel(linear))
	near(t, a.values(0), [][]float64{{1}, {20}, {300}})
	near(t, a.values(1), [][]float64{{4}, {0}, {-100}})
	if a.Version != "1.0" || a.Predictions.Data != "321\n-96" || a.Predictions.ContentType != "text/csv; charset=utf-8" || !slices.Equal(a.LabelHeaders, []string{"sum"}) {
		t.Errorf("%+v", a)
	}
	if f := a.Explanations.KernelSHAP[0][1]; f.Header != "b" || f.Type != "" || f.Attributions[0].Description != nil {
		t.Errorf("%+v", f)
	}
}

// TestBaselines: several rows of the baseline count alike; so does one in JSON Lines
// for a request in CSV (Explain-3).
func TestBaselines(t *testing.T) {
	t.Parallel()
	want := [][]float64{{1}, {20}, {250}}
	near(t, must(t, config("0,0,0\n0,0,1"), request("text/csv", "1,2,3"), csvModel(linear)).values(0), want)
	lines := config("{\"x\":[0,0,0]}\n[0,0,1]", func(c *sagemaker.ClarifyExplainerConfig) {
		c.ShapConfig.ShapBaselineConfig.MimeType = aws.Ptr("application/jsonlines")
		c.InferenceConfig.FeaturesAttribute = aws.Ptr("x")
		c.InferenceConfig.ContentTemplate = aws.Ptr(`{"x":$features}`)
	})
	near(t, must(t, lines, request("text/csv", "1,2,3"), csvModel(linear)).values(0), want)
}

// TestJSONLines: features are found and put back by FeaturesAttribute and
// ContentTemplate, numbers as the client wrote them, scores and labels by attributes
// (Explain-2, CreateEndpointConfig-14, -15).
func TestJSONLines(t *testing.T) {
	t.Parallel()
	c := config("0,zero", func(c *sagemaker.ClarifyExplainerConfig) {
		i := c.InferenceConfig
		i.FeaturesAttribute = aws.Ptr("data.features")
		i.ContentTemplate = aws.Ptr(`{"data":{"features":$features},"from":"template"}`)
		i.ProbabilityAttribute, i.LabelAttribute = aws.Ptr("p"), aws.Ptr("names")
	})
	var asked []string
	model := func(_ context.Context, body []byte, contentType string) (explain.Payload, error) {
		asked = append(asked, string(body))
		var out []string
		for line := range strings.Lines(string(body)) {
			var r struct {
				Data struct{ Features []any }
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				return explain.Payload{}, err
			}
			p := 0.25
			if r.Data.Features[1] == "one" {
				p = 0.75
			}
			out = append(out, fmt.Sprintf(`{"names":["no","yes"],"p":[%v,%v]}`, 1-p, p))
		}
		return explain.Payload{ContentType: "application/jsonlines", Data: []byte(strings.Join(out, "\n"))}, nil
	}
	body := `{"data":{"features":[12345678901234567890,"one"]},"other":1}`
	a := must(t, c, request("application/jsonlines", body), model)
	near(t, a.values(0), [][]float64{{0, 0}, {-0.5, 0.5}})
	if !slices.Equal(a.LabelHeaders, []string{"no", "yes"}) {
		t.Errorf("label headers %v", a.LabelHeaders)
	}
	if asked[0] != body || !strings.Contains(asked[1], `{"data":{"features":[12345678901234567890,"zero"]},"from":"template"}`) {
		t.Errorf("the model was asked %q", asked)
	}
}

// TestOutputs is the table of "Pre-check the model container": what a model may
// answer, and how scores are chosen in it (Explain-2).
func TestOutputs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format string // of an answer: P is the score, Q its complement
		choose func(*sagemaker.ClarifyInferenceConfig)
		mime   string
		want   [][]float64
		labels []string
	}{
		"score":           {format: "P", want: [][]float64{{1}}},
		"scores":          {format: "P,Q", want: [][]float64{{1, -1}}},
		"label and score": {format: "1,P", choose: func(i *sagemaker.ClarifyInferenceConfig) { i.ProbabilityIndex = aws.Ptr(int32(1)) }, want: [][]float64{{1}}},
		"lists in cells": {format: `"['cat','dog']","[P, Q]"`, choose: func(i *sagemaker.ClarifyInferenceConfig) {
			i.LabelIndex, i.ProbabilityIndex = aws.Ptr(int32(0)), aws.Ptr(int32(1))
		}, want: [][]float64{{1, -1}}, labels: []string{"cat", "dog"}},
		"one list":    {format: `"[P,Q]"`, want: [][]float64{{1, -1}}},
		"JSON number": {format: "P", mime: "application/jsonlines", want: [][]float64{{1}}},
		"JSON list":   {format: "[P,Q]", mime: "application/jsonlines", want: [][]float64{{1, -1}}},
		"JSON object": {format: `{"a":{"b":P}}`, mime: "application/jsonlines", choose: func(i *sagemaker.ClarifyInferenceConfig) {
			i.ProbabilityAttribute = aws.Ptr("a.b")
		}, want: [][]float64{{1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := config("0")
			if c.choose != nil {
				c.choose(conf.InferenceConfig)
			}
			inner := csvModel(func(x []float64) string {
				return strings.NewReplacer("P", fmt.Sprint(x[0]), "Q", fmt.Sprint(1-x[0])).Replace(c.format)
			})
			model := func(ctx context.Context, body []byte, contentType string) (explain.Payload, error) {
				p, err := inner(ctx, body, contentType)
				if c.mime != "" {
					p.ContentType = c.mime
				}
				return p, err
			}
			a := must(t, conf, request("text/csv", "1\n3"), model)
			near(t, a.values(0), c.want)
			if !slices.Equal(a.LabelHeaders, c.labels) {
				t.Errorf("label headers %v, want %v", a.LabelHeaders, c.labels)
			}
		})
	}
}

// TestOneLine: predictions of many records in one line.
func TestOneLine(t *testing.T) {
	t.Parallel()
	model := csvModel(linear)
	a := must(t, config("0,0,0"), request("text/csv", "1,2,3\n1,1,1"), func(ctx context.Context, body []byte, contentType string) (explain.Payload, error) {
		p, err := model(ctx, body, contentType)
		p.Data = []byte(strings.ReplaceAll(string(p.Data), "\n", ","))
		return p, err
	})
	near(t, a.values(1), [][]float64{{1}, {10}, {100}})
}

// TestEnable is the table of EnableExplanations: of the configuration, of the
// request, of values of the answer (Explain-2, CreateEndpointConfig-14).
func TestEnable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config, header string
		want           []bool
	}{
		{"", "", []bool{true, true}}, {"`true`", "", []bool{true, true}}, {"`false`", "", []bool{false, false}},
		{"`false`", "`true`", []bool{true, true}}, {"`true`", "`false`", []bool{false, false}},
		{"[0]>`100`", "", []bool{true, false}}, {"", "[0]<=`100`", []bool{false, true}},
	} {
		conf := config("0,0,0")
		if c.config != "" {
			conf.EnableExplanations = &c.config
		}
		r := request("text/csv", "1,2,3\n1,1,0")
		r.Enable = c.header
		a := must(t, conf, r, csvModel(linear))
		if !slices.Contains(c.want, true) {
			if a.Explanations.KernelSHAP != nil {
				t.Errorf("%+v: explained", c)
			}
			continue
		}
		for i, want := range c.want {
			if got := a.Explanations.KernelSHAP[i] != nil; got != want {
				t.Errorf("%+v: record %d explained: %t", c, i, got)
			}
		}
	}
}

// TestLogit: the log-odds of a logistic model are linear (Explain-3).
func TestLogit(t *testing.T) {
	t.Parallel()
	c := config("0,0,0", func(c *sagemaker.ClarifyExplainerConfig) { c.ShapConfig.UseLogit = aws.Ptr(true) })
	a := must(t, c, request("text/csv", "1,2,3"), csvModel(func(x []float64) string {
		return strconv.FormatFloat(1/(1+math.Exp(-(x[0]-x[1]/2+x[2]/10))), 'g', 17, 64)
	}))
	near(t, a.values(0), [][]float64{{1}, {-1}, {0.3}})
}

// refusal says that an error has this code and these words.
func refusal(t *testing.T, err error, code aws.Code, words string) {
	t.Helper()
	var refused *aws.Error
	if !errors.As(err, &refused) || refused.Code != code || !strings.Contains(refused.Message, words) {
		t.Errorf("%v, want %s with %q", err, code, words)
	}
}
