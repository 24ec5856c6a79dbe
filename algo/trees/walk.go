package trees

// block is how many rows go down a tree before the next one: its upper levels
// stay in the cache, and so do the rows. Each row's sum is in the order of the
// trees all the same.
const block = 32

// below predicts as XGBoost does: left below the threshold, NaN is missing. Row i
// of rows adds to sums[i*outputs].
func below(f *forest[float32], sums []float32, rows []float32, features int) {
	outputs := f.outputs
	for i, root := range f.roots {
		group := int(f.groups[i])
		for at, sum := 0, group; sum < len(sums); at, sum = at+features, sum+outputs {
			value := f.fall(root, rows[at:at+features])
			if f.weights != nil {
				// The conversion keeps the product from melting into the sum.
				value = float32(value * f.weights[i])
			}
			sums[sum] += value
		}
	}
}

// fall is the value of the leaf that a row reaches.
func (f *forest[T]) fall(at uint32, row []float32) T {
	nodes := f.nodes
	for {
		n := &nodes[at]
		if n.split&leaf != 0 {
			return n.value
		}
		v := row[n.split&featureMask]
		switch {
		case v != v:
			at = n.left
			if n.split&defaultLeft == 0 {
				at++
			}
		case n.split&categorical != 0:
			at = n.left
			// A category that cannot be is in no set.
			if v >= 0 && v < 1<<24 && f.has(n.value, uint32(v)) {
				at++
			}
		case T(v) < n.value:
			at = n.left
		default:
			at = n.left + 1
		}
	}
}

// zero is what LightGBM takes for zero on both sides of it.
const zero = float64(float32(1e-35))

// upTo predicts as LightGBM and scikit-learn do: left up to the threshold.
func upTo(f *forest[float64], sums []float64, rows []float64, features int) {
	outputs := f.outputs
	for i, root := range f.roots {
		for at, sum := 0, 0; sum < len(sums); at, sum = at+features, sum+outputs {
			end := f.reach(root, rows[at:at+features])
			if f.vectors == nil {
				sums[sum+int(f.groups[i])] += end.value
				continue
			}
			for k, v := range f.vectors[end.left : int(end.left)+outputs] {
				sums[sum+k] += v
			}
		}
	}
}

// reach is the leaf that a row reaches.
func (f *forest[T]) reach(at uint32, row []float64) *node[T] {
	nodes := f.nodes
	for {
		n := &nodes[at]
		if n.split&leaf != 0 {
			return n
		}
		v := row[n.split&featureMask]
		if n.split&categorical != 0 {
			at = n.left
			// The fraction is cut off, so that all above -1 is category 0.
			if v > -1 && v < 1<<31 && f.has(n.value, uint32(int32(v))) {
				at++
			}
			continue
		}
		missing := false
		if v != v {
			missing = n.split&(missingNaN|missingZero) != 0
			v = 0
		}
		if n.split&missingZero != 0 && v >= -zero && v <= zero {
			missing = true
		}
		at = n.left
		if missing && n.split&defaultLeft == 0 || !missing && !(v <= float64(n.value)) {
			at++
		}
	}
}
