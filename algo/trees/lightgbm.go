package trees

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// ReadLightGBM reads a model in the text format of LightGBM. The error says what
// is wrong with it, or what in it is not supported.
func ReadLightGBM(data []byte) (*Model, error) {
	m, err := readLightGBM(data)
	if err != nil {
		return nil, fmt.Errorf("the LightGBM model cannot be used: %w", err)
	}
	return m, nil
}

// section is a part of the file: lines NAME=VALUE, or a NAME alone.
type section map[string]string

func (s section) whole(name string, most int) (int, error) {
	n, err := strconv.Atoi(s[name])
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s is %.40q; it must be a whole number from 0 to %d", name, s[name], most)
	}
	return n, nil
}

// read takes the lines before one that begins with stop.
func readSection(lines *[]byte, stop string) (section, bool) {
	out := section{}
	for len(*lines) > 0 {
		line, rest, _ := bytes.Cut(*lines, []byte("\n"))
		*lines = rest
		if bytes.HasPrefix(line, []byte(stop)) {
			return out, true
		}
		if bytes.HasPrefix(line, []byte("end of trees")) {
			*lines = nil
			return out, false
		}
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte("="))
		out[string(name)] = string(value)
	}
	return out, false
}

func readLightGBM(data []byte) (*Model, error) {
	if !bytes.HasPrefix(data, []byte("tree")) {
		if Pickled(data) {
			return nil, fmt.Errorf("it is a pickle, which runs whatever its author wrote into it; save the booster with save_model")
		}
		return nil, fmt.Errorf("it does not begin with the line tree")
	}
	head, more := readSection(&data, "Tree=")
	last, err := head.whole("max_feature_idx", MaxFeatures-1)
	if err != nil {
		return nil, err
	}
	outputs, err := head.whole("num_tree_per_iteration", 1<<16)
	if err != nil {
		return nil, err
	}
	if outputs == 0 {
		return nil, fmt.Errorf("num_tree_per_iteration is 0")
	}
	m := &Model{Library: LightGBM, Features: last + 1, Outputs: outputs, Missing: true, sums: outputs, snap: true}
	if err := m.lightGBMLink(head["objective"]); err != nil {
		return nil, err
	}
	f := newForest[float64](outputs)
	for i := 0; more; i++ {
		var tree section
		tree, more = readSection(&data, "Tree=")
		branches, err := lightGBMTree(f, tree)
		if err == nil {
			err = f.plant(branches, i%outputs, m.Features)
		}
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
	}
	if len(f.roots)%outputs != 0 {
		return nil, fmt.Errorf("it has %d trees for %d outputs: the file is cut off", len(f.roots), outputs)
	}
	if _, ok := head["average_output"]; ok && len(f.roots) > 0 {
		m.average = float64(len(f.roots) / outputs)
	}
	m.double = f
	return m, nil
}

// lightGBMLink reads an objective such as "binary sigmoid:1".
func (m *Model) lightGBMLink(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 { // an objective of the user's own: sums are the answer
		return nil
	}
	m.Objective, m.factor = words[0], 1
	root := false
	for _, word := range words[1:] {
		name, text, _ := strings.Cut(word, ":")
		switch name {
		case "sqrt":
			root = true
		case "sigmoid":
			var err error
			if m.factor, err = strconv.ParseFloat(text, 64); err != nil {
				return fmt.Errorf("its objective is %.60q", line)
			}
		}
	}
	switch m.Objective {
	case "regression", "regression_l2":
		if root {
			m.link.kind = square
		}
	case "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg":
	case "poisson", "gamma", "tweedie":
		m.link.kind = exponential
	case "binary", "multiclassova", "cross_entropy":
		m.link.kind = sigmoid
	case "cross_entropy_lambda":
		m.link.kind = softplus
	case "multiclass":
		m.link.kind = softmax
	default:
		return fmt.Errorf("its objective %.60q is not supported", m.Objective)
	}
	return nil
}

// lightGBMTree reads a tree. Its splits and leaves have numbers of their own; here
// leaves come after the splits.
func lightGBMTree(f *forest[float64], s section) ([]branch[float64], error) {
	if s["is_linear"] == "1" {
		return nil, fmt.Errorf("its leaves are linear models (linear_tree), which are not supported")
	}
	leaves, err := numbers[float64](s, "leaf_value", parseFloat)
	if err != nil {
		return nil, err
	}
	if n, err := s.whole("num_leaves", maxNodes); err != nil || n != len(leaves) {
		return nil, fmt.Errorf("it has values for %d leaves of %.40q: the file is cut off", len(leaves), s["num_leaves"])
	}
	if len(leaves) == 0 {
		return nil, fmt.Errorf("it has no leaves")
	}
	splits := len(leaves) - 1
	out := make([]branch[float64], splits+len(leaves))
	for i, v := range leaves {
		out[splits+i] = branch[float64]{left: -1, value: v}
	}
	if splits == 0 {
		return out, nil
	}
	if err := readSplits(f, s, out, splits); err != nil {
		return nil, err
	}
	return out, nil
}

func readSplits(f *forest[float64], s section, out []branch[float64], splits int) error {
	lists := map[string][]int{"split_feature": nil, "decision_type": nil, "left_child": nil, "right_child": nil}
	for name := range lists {
		var err error
		if lists[name], err = numbers(s, name, strconv.Atoi); err != nil {
			return err
		}
		if len(lists[name]) != splits {
			return fmt.Errorf("%s is of %d splits of %d", name, len(lists[name]), splits)
		}
	}
	thresholds, err := numbers[float64](s, "threshold", parseFloat)
	if err != nil || len(thresholds) != splits {
		return fmt.Errorf("its thresholds are of %d splits of %d", len(thresholds), splits)
	}
	sets, err := lightGBMSets(f, s)
	if err != nil {
		return err
	}
	for i := range splits {
		b := &out[i]
		feature, kind := lists["split_feature"][i], lists["decision_type"][i]
		if feature < 0 || feature >= MaxFeatures {
			return fmt.Errorf("split %d is by feature %d", i, feature)
		}
		b.split, b.value = uint32(feature), thresholds[i]
		for k, name := range []string{"left_child", "right_child"} {
			at := lists[name][i]
			if at < 0 { // ^at is a leaf
				at = splits + ^at
			} else if at >= splits {
				return fmt.Errorf("split %d has the child %d of %d", i, at, splits)
			}
			if at >= len(out) {
				return fmt.Errorf("split %d has the leaf %d of %d", i, at-splits, splits+1)
			}
			if k == 0 {
				b.left = int32(at)
			} else {
				b.right = int32(at)
			}
		}
		if kind&1 != 0 {
			// Those of the set go left there, and right here.
			number := int(thresholds[i])
			if !(thresholds[i] >= 0) || number >= len(sets) {
				return fmt.Errorf("split %d has the set of categories %v of %d", i, thresholds[i], len(sets))
			}
			b.value, b.split = sets[number], b.split|categorical
			b.left, b.right = b.right, b.left
			continue
		}
		if kind&2 != 0 {
			b.split |= defaultLeft
		}
		switch kind >> 2 & 3 {
		case 1:
			b.split |= missingZero
		case 2:
			b.split |= missingNaN
		}
	}
	return nil
}

// lightGBMSets reads the sets of categories of a tree.
func lightGBMSets(f *forest[float64], s section) ([]float64, error) {
	if s["num_cat"] == "0" || s["num_cat"] == "" {
		return nil, nil
	}
	bounds, err := numbers(s, "cat_boundaries", strconv.Atoi)
	if err != nil {
		return nil, err
	}
	words, err := numbers(s, "cat_threshold", func(text string) (uint32, error) {
		n, err := strconv.ParseUint(text, 10, 32)
		return uint32(n), err
	})
	if err != nil {
		return nil, err
	}
	var out []float64
	for i := 1; i < len(bounds); i++ {
		if bounds[i-1] < 0 || bounds[i] < bounds[i-1] || bounds[i] > len(words) {
			return nil, fmt.Errorf("cat_boundaries go beyond cat_threshold")
		}
		number, err := f.addSet(words[bounds[i-1]:bounds[i]])
		if err != nil {
			return nil, err
		}
		out = append(out, number)
	}
	return out, nil
}

func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && (f > 1 || f < -1) { // beyond float64 is infinite
		err = nil
	}
	return f, err
}

// numbers reads the numbers of a line.
func numbers[N any](s section, name string, parse func(string) (N, error)) ([]N, error) {
	line := s[name]
	out := make([]N, 0, 1+strings.Count(line, " "))
	for word := range strings.FieldsSeq(line) {
		n, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("%s holds %.40q, which is no such number", name, word)
		}
		out = append(out, n)
	}
	return out, nil
}
