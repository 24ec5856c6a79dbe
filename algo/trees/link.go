package trees

import "math"

// link makes a prediction of a row's sums.
type link struct {
	kind linkKind
	exp  *exponentials // of links in float32
}

type linkKind int

const (
	identity linkKind = iota
	sigmoid
	softmax
	argmax
	exponential
	hinge    // 1 above zero, 0 elsewhere
	square   // with the sign of the sum
	softplus // log(1 + e^x)
	complement
)

// single applies a link as XGBoost does, in place.
func (l link) single(row []float32, _ float32) {
	switch l.kind {
	case sigmoid:
		for i, v := range row {
			row[i] = 1 / (l.exp.exp32(min(-v, 88.7)) + 1 + 1e-16)
		}
	case exponential:
		for i, v := range row {
			row[i] = l.exp.exp32(v)
		}
	case hinge:
		for i, v := range row {
			row[i] = 0
			if v > 0 {
				row[i] = 1
			}
		}
	case softmax:
		top := row[0]
		for _, v := range row {
			if v > top {
				top = v
			}
		}
		sum := 0.0
		for i, v := range row {
			row[i] = l.exp.exp32(v - top)
			sum += float64(row[i])
		}
		for i := range row {
			row[i] /= float32(sum)
		}
	case argmax:
		row[0] = float32(highest(row))
	}
}

// double applies a link as LightGBM and scikit-learn do.
func (l link) double(row, dst []float64, factor float64) {
	switch l.kind {
	case sigmoid:
		for i, v := range row {
			dst[i] = 1 / (1 + math.Exp(-factor*v))
		}
	case complement: // the sum of two classes is one number
		p := 1 / (1 + math.Exp(-factor*row[0]))
		dst[0], dst[1] = 1-p, p
	case exponential:
		for i, v := range row {
			dst[i] = math.Exp(v)
		}
	case square:
		for i, v := range row {
			dst[i] = math.Copysign(v*v, v)
		}
	case softplus:
		for i, v := range row {
			dst[i] = math.Log1p(math.Exp(v))
		}
	case softmax:
		top, sum := row[highest(row)], 0.0
		for i, v := range row {
			dst[i] = math.Exp(v - top)
			sum += dst[i]
		}
		for i := range dst {
			dst[i] /= sum
		}
	case argmax:
		dst[0] = float64(highest(row))
	default:
		copy(dst, row)
	}
}

// highest is the place of the first of the highest numbers.
func highest[T number](row []T) int {
	at := 0
	for i, v := range row {
		if v > row[at] {
			at = i
		}
	}
	return at
}
