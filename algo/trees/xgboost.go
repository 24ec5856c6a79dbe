package trees

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// ReadXGBoost reads a model of XGBoost in any of its formats. The error says what
// is wrong with it, or what in it is not supported.
func ReadXGBoost(data []byte) (*Model, error) {
	m, err := readXGBoost(data)
	if err != nil {
		return nil, fmt.Errorf("the XGBoost model cannot be used: %w", err)
	}
	return m, nil
}

func readXGBoost(data []byte) (*Model, error) {
	switch {
	case Pickled(data):
		return nil, fmt.Errorf("it is a pickle, which runs whatever its author wrote into it; save the booster with save_model")
	case !bytes.HasPrefix(data, []byte("{")):
		return readLegacy(data)
	}
	// JSON begins with a name or a blank after the brace, UBJSON with a length.
	read := readUBJSON
	if rest := bytes.TrimLeft(data[1:], " \t\r\n"); len(rest) > 0 && (rest[0] == '"' || rest[0] == '}') {
		read = readJSON
	}
	doc, err := read(data)
	if err != nil {
		return nil, err
	}
	learner := doc.get("learner")
	if learner.kind != object {
		return nil, fmt.Errorf("it has no learner")
	}
	return fromLearner(learner)
}

// Pickled says whether data begin as a pickle of protocol 2 or newer does.
func Pickled(data []byte) bool {
	return len(data) > 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 8
}

// learner is what all formats of XGBoost say about a model as a whole.
type learner struct {
	objective string
	features  int
	classes   int
	targets   int
	// scores are the base score: one, or one for each output.
	scores []float32
	// margins says that scores are sums already, as before version 1.0.
	margins bool
}

func fromLearner(doc *value) (*Model, error) {
	params := doc.get("learner_model_param")
	l := learner{objective: doc.get("objective", "name").text}
	var err error
	for _, p := range []struct {
		name string
		into *int
		most int
	}{{"num_feature", &l.features, MaxFeatures}, {"num_class", &l.classes, 1 << 16}, {"num_target", &l.targets, 1 << 16}} {
		if *p.into, err = params.get(p.name).whole(p.most); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if l.scores, err = scores(params.get("base_score")); err != nil {
		return nil, err
	}
	booster := doc.get("gradient_booster")
	name := booster.get("name").text
	m, outputs, err := l.model(name)
	if err != nil {
		return nil, err
	}
	switch name {
	case "gblinear":
		weights, err := booster.get("model", "weights").list()
		if err != nil {
			return nil, fmt.Errorf("weights: %w", err)
		}
		return m, l.linear(m, singles(weights), outputs)
	case "dart":
		drop, err := booster.get("weight_drop").list()
		if err != nil {
			return nil, fmt.Errorf("weight_drop: %w", err)
		}
		return m, l.plant(m, booster.get("gbtree", "model"), outputs, singles(drop))
	case "gbtree":
		return m, l.plant(m, booster.get("model"), outputs, nil)
	}
	return nil, fmt.Errorf("its booster %.40q is not supported; gbtree, dart and gblinear are", name)
}

// scores are written as a number, since version 3.1 as a list of them.
func scores(v *value) ([]float32, error) {
	if v.kind == figure {
		return []float32{float32(v.number)}, nil
	}
	words := strings.Split(strings.Trim(v.text, "[] "), ",")
	out := make([]float32, len(words))
	for i, word := range words {
		f, err := strconv.ParseFloat(strings.TrimSpace(word), 32)
		if err != nil {
			return nil, fmt.Errorf("its base_score is %.40q", v.text)
		}
		out[i] = float32(f)
	}
	return out, nil
}

// model is the model without its trees, and how many sums it has.
func (l *learner) model(booster string) (*Model, int, error) {
	kind, toMargin, ok := objective(l.objective)
	if !ok {
		return nil, 0, fmt.Errorf("its objective %.60q is not supported", l.objective)
	}
	if l.features < 1 {
		return nil, 0, fmt.Errorf("it has no features")
	}
	outputs := max(1, l.classes, l.targets)
	m := &Model{
		Library: XGBoost, Objective: l.objective, Features: l.features, Outputs: outputs, Missing: true,
		sums: outputs, link: link{kind: kind}, dart: booster == "dart",
	}
	switch kind {
	case argmax:
		m.Outputs = 1
	case sigmoid, exponential, softmax:
		m.link.exp = newExponentials()
	}
	if len(l.scores) != 1 && len(l.scores) != outputs {
		return nil, 0, fmt.Errorf("it has %d base scores for %d outputs", len(l.scores), outputs)
	}
	if !l.margins {
		for i, score := range l.scores {
			l.scores[i] = toMargin(score)
		}
	}
	m.base = l.scores[0]
	return m, outputs, nil
}

// bases are the sums' beginnings.
func (l *learner) bases(outputs int) []float32 {
	out := make([]float32, outputs)
	for i := range out {
		out[i] = l.scores[i%len(l.scores)]
	}
	return out
}

// objective is the link of an objective, and how a base score becomes a sum.
func objective(name string) (linkKind, func(float32) float32, bool) {
	same := func(score float32) float32 { return score }
	logit := func(score float32) float32 { return -log32(1/score - 1) }
	switch name {
	case "binary:logistic", "reg:logistic":
		return sigmoid, logit, true
	case "binary:hinge":
		return hinge, same, true
	case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
		return exponential, log32, true
	case "multi:softprob":
		return softmax, same, true
	case "multi:softmax":
		return argmax, same, true
	case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
		"reg:quantileerror", "binary:logitraw", "rank:pairwise", "rank:ndcg", "rank:map":
		return identity, same, true
	}
	return identity, nil, false
}

func singles(in []float64) []float32 {
	out := make([]float32, len(in))
	for i, v := range in {
		out[i] = float32(v)
	}
	return out
}

// linear adds the weights of gblinear.
func (l *learner) linear(m *Model, weights []float32, outputs int) error {
	if len(weights) != (l.features+1)*outputs {
		return fmt.Errorf("it has %d weights for %d features and %d outputs", len(weights), l.features, outputs)
	}
	m.linear = &linear{weights: weights, base: l.bases(outputs), features: l.features}
	return nil
}

// plant adds the trees of a document.
func (l *learner) plant(m *Model, doc *value, outputs int, weights []float32) error {
	groups, err := doc.get("tree_info").list()
	if err != nil {
		return fmt.Errorf("tree_info: %w", err)
	}
	trees := doc.get("trees").items
	if len(groups) != len(trees) {
		return fmt.Errorf("tree_info is of %d trees, there are %d", len(groups), len(trees))
	}
	f := newForest[float32](outputs)
	for i := range trees {
		branches, err := readTree(f, &trees[i])
		if err == nil {
			err = f.plant(branches, int(groups[i]), l.features)
		}
		if err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return l.finish(m, f, weights)
}

// finish makes the forest the model's.
func (l *learner) finish(m *Model, f *forest[float32], weights []float32) error {
	if m.dart && len(weights) != len(f.roots) {
		return fmt.Errorf("it has weights for %d trees of %d", len(weights), len(f.roots))
	}
	f.base, f.weights = l.bases(f.outputs), weights
	m.single = f
	return nil
}
