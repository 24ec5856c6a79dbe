package trees

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// find is the corpus's model of a name.
func find(t testing.TB, name string) *entry {
	t.Helper()
	all := corpus(t)
	i := slices.IndexFunc(all, func(e *entry) bool { return e.name == name })
	if i < 0 {
		t.Fatalf("the corpus has no %s", name)
	}
	return all[i]
}

// TestRefuses: what cannot be used is refused with the reason.
func TestRefuses(t *testing.T) {
	t.Parallel()
	boost, text := find(t, "xgboost-reg-squarederror-tree-json"), find(t, "lightgbm-regression")
	forest := find(t, "sklearn-RandomForestRegressor-5")
	for name, c := range map[string]struct {
		of       *entry
		old, new string
		want     string
	}{
		"a pickle":                  {boost, string(boost.model), "\x80\x04\x95....", "pickle"},
		"nothing":                   {boost, string(boost.model), "", "cut off"},
		"another text":              {boost, string(boost.model), "{}", "no learner"},
		"half":                      {boost, string(boost.model[len(boost.model)/2:]), "", "byte"},
		"an objective":              {boost, "reg:squarederror", "my:own", "my:own"},
		"a booster":                 {boost, `"name":"gbtree"`, `"name":"gbnone"`, "gbnone"},
		"vectors as leaves":         {boost, `"size_leaf_vector":"1"`, `"size_leaf_vector":"3"`, "one_output_per_tree"},
		"a feature beyond the last": {boost, `"num_feature":"6","num_target"`, `"num_feature":"1","num_target"`, "of 1"},
		"a circle":                  {boost, `"left_children":[1,`, `"left_children":[0,`, "more than one parent"},
		"a child beyond the last":   {boost, `"left_children":[1,`, `"left_children":[999,`, "999"},
		"a short list":              {boost, `"left_children":[1,`, `"left_children":[`, "nodes"},
		"a LightGBM pickle":         {text, string(text.model), "\x80\x04\x95....", "pickle"},
		"another LightGBM text":     {text, "tree\n", "wood\n", "does not begin"},
		"linear leaves":             {text, "is_linear=0", "is_linear=1", "linear"},
		"a LightGBM objective":      {text, "objective=regression", "objective=own", "own"},
		"a LightGBM feature":        {text, "max_feature_idx=5", "max_feature_idx=0", "feature"},
		"a LightGBM word":           {text, "leaf_value=", "leaf_value=x ", "no such number"},
		"half of LightGBM":          {text, string(text.model[len(text.model)/2-200:]), "", ""},
		"another header":            {forest, "sagebrush-trees 1", "sagebrush-trees 9", "begin"},
		"fewer features":            {forest, `"features":6`, `"features":1`, "feature"},
		"more outputs":              {forest, `"outputs":1`, `"outputs":9`, ""},
		"a link":                    {forest, `"link":"identity"`, `"link":"probit"`, "probit"},
		"more nodes":                {forest, `"trees":[`, `"trees":[99999,`, "more nodes"},
		"more values":               {forest, string(forest.model[len(forest.model)-8:]), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := bytes.Replace(c.of.model, []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(data, c.of.model) {
				t.Fatalf("%q is not in the model", c.old)
			}
			_, err := c.of.read(data)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestNewerBaseScore: since XGBoost 3.1 the base score is a list.
func TestNewerBaseScore(t *testing.T) {
	t.Parallel()
	e := find(t, "xgboost-multi-softprob-tree-json")
	at := bytes.Index(e.model, []byte(`"base_score":"`)) + len(`"base_score":"`)
	end := at + bytes.IndexByte(e.model[at:], '"')
	score := string(e.model[at:end])
	for _, text := range []string{"[" + score + "]", "[" + score + "," + score + "," + score + "]"} {
		m, err := ReadXGBoost(slices.Concat(e.model[:at], []byte(text), e.model[end:]))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, len(e.want))
		m.Predictor().Predict(got, e.rows, false)
		if !slices.Equal(got, e.want) {
			t.Errorf("%s predicts otherwise than %s", text, score)
		}
	}
	if _, err := ReadXGBoost(slices.Concat(e.model[:at], []byte("[1,2]"), e.model[end:])); err == nil {
		t.Error("two base scores for three outputs were taken")
	}
}

// fuzz reads what it is given, and predicts where that is a model: it must come to
// an end and stay within its arrays.
func fuzz(f *testing.F, prefix string) {
	for _, e := range corpus(f) {
		if strings.HasPrefix(e.name, prefix) && len(e.model) < 8<<10 {
			f.Add(e.model)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := (&entry{name: prefix}).read(data)
		if err != nil || m.Features > 1<<16 || m.Outputs > 1<<10 {
			return
		}
		rows := make([]float32, 3*m.Features)
		for i := range rows {
			rows[i] = float32(i%7) - 3
		}
		got := make([]float64, 3*m.Outputs)
		m.Predictor().Predict(got, rows, false)
		m.Predictor().Predict(got, rows, true)
		if m.Labels {
			m.Label(got[:m.Outputs])
		}
	})
}

func FuzzXGBoost(f *testing.F) { fuzz(f, "xgboost") }

func FuzzLightGBM(f *testing.F) { fuzz(f, "lightgbm") }

func FuzzTrees(f *testing.F) { fuzz(f, "sklearn") }
