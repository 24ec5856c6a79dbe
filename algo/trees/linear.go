package trees

// linear is XGBoost's gblinear: a weight for each feature and output, the biases
// behind them.
type linear struct {
	weights  []float32
	base     []float32
	features int
}

// predict sums in the order of the features, as XGBoost does; a missing value
// adds nothing.
func (l *linear) predict(sums, rows []float32) {
	outputs := len(l.base)
	for ; len(sums) > 0; sums, rows = sums[outputs:], rows[l.features:] {
		for k, base := range l.base {
			sum := l.weights[l.features*outputs+k] + base
			for i, v := range rows[:l.features] {
				if v == v {
					sum += float32(v * l.weights[i*outputs+k])
				}
			}
			sums[k] = sum
		}
	}
}

// inPlace predicts as XGBoost's in-place prediction does with DART: each tree
// begins with the base score, which is taken off before the tree is weighed.
func inPlace(f *forest[float32], sums, rows []float32, features int, base float32) {
	for i, root := range f.roots {
		group := int(f.groups[i])
		for at, sum := 0, group; sum < len(sums); at, sum = at+features, sum+f.outputs {
			value := f.base[group] + f.fall(root, rows[at:at+features])
			sums[sum] += float32((value - base) * f.weights[i])
		}
	}
}
