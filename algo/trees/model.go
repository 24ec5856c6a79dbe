package trees

// Model is an ensemble that predicts. It does not change and may be used by many.
type Model struct {
	// Library that trained it: XGBoost, LightGBM or ScikitLearn.
	Library string
	// Objective is the library's name for what the model was trained for.
	Objective string
	// Features is how many numbers a row has, Outputs how many its prediction.
	Features, Outputs int
	// Classes are the labels that the outputs stand for, as JSON values; nil where
	// they are no probabilities of classes, or the file does not name them.
	Classes []string
	// Labels says that a prediction is the class with the highest output.
	Labels bool
	// Missing says that rows may have missing values, Finite that they may have no
	// infinite ones: scikit-learn refuses others.
	Missing, Finite bool

	single *forest[float32]
	double *forest[float64]
	linear *linear

	sums    int // how many sums a row has before the link
	link    link
	factor  float64 // of the link
	average float64 // what the sums are divided by, 0 for nothing
	snap    bool    // takes numbers beside zero for zero, as LightGBM does
	base    float32 // what XGBoost's in-place prediction takes off each tree of DART
	dart    bool
}

// The libraries.
const (
	XGBoost     = "xgboost"
	LightGBM    = "lightgbm"
	ScikitLearn = "scikit-learn"
)

// Size is the memory that the model takes, in bytes.
func (m *Model) Size() int64 {
	switch {
	case m.single != nil:
		return m.single.size()
	case m.double != nil:
		return m.double.size()
	}
	return 4 * int64(len(m.linear.weights))
}

// Trees is how many trees the model has.
func (m *Model) Trees() int {
	switch {
	case m.single != nil:
		return len(m.single.roots)
	case m.double != nil:
		return len(m.double.roots)
	}
	return 0
}

// Label is the class that a prediction stands for, by its place in Classes.
func (m *Model) Label(prediction []float64) int {
	if m.link.kind == complement && prediction[1] >= prediction[0] {
		return 1 // as GradientBoosting decides between two that are alike
	}
	return highest(prediction)
}

// Predictor predicts with a model for one caller at a time; it holds what a
// prediction needs room for.
type Predictor struct {
	model  *Model
	single []float32
	double []float64
	rows   []float64
}

// Predictor makes one.
func (m *Model) Predictor() *Predictor {
	p := &Predictor{model: m}
	if m.double == nil {
		p.single = make([]float32, block*m.sums)
		return p
	}
	p.double = make([]float64, block*m.sums)
	p.rows = make([]float64, 0, m.Features)
	return p
}

// Predict writes the predictions for rows of Features numbers each, NaN where
// one is missing, to dst, which has Outputs numbers for each of them. sparse says
// that the rows name their features: XGBoost's sums for DART depend on it in the
// last bits. It allocates nothing but room for rows, once.
func (p *Predictor) Predict(dst []float64, rows []float32, sparse bool) {
	m := p.model
	for len(dst) > 0 {
		n := min(block, len(dst)/m.Outputs)
		some := rows[:n*m.Features]
		if m.double != nil {
			p.doubles(dst[:n*m.Outputs], some)
		} else {
			p.singles(dst[:n*m.Outputs], some, sparse)
		}
		dst, rows = dst[n*m.Outputs:], rows[n*m.Features:]
	}
}

// singles predicts a block of rows in float32.
func (p *Predictor) singles(dst []float64, rows []float32, sparse bool) {
	m := p.model
	n := len(dst) / m.Outputs
	sums := p.single[:n*m.sums]
	switch {
	case m.linear != nil:
		m.linear.predict(sums, rows)
	default:
		for at := 0; at < len(sums); at += m.sums {
			copy(sums[at:], m.single.base)
		}
		if m.dart && !sparse {
			inPlace(m.single, sums, rows, m.Features, m.base)
		} else {
			below(m.single, sums, rows, m.Features)
		}
	}
	for i := range n {
		m.link.single(sums[i*m.sums:(i+1)*m.sums], float32(m.factor))
		for k := range m.Outputs {
			dst[i*m.Outputs+k] = float64(sums[i*m.sums+k])
		}
	}
}

// doubles predicts a block of rows in float64.
func (p *Predictor) doubles(dst []float64, rows []float32) {
	m := p.model
	n := len(dst) / m.Outputs
	p.rows = p.rows[:0]
	for _, v := range rows {
		d := float64(v)
		if m.snap && d >= -zero && d <= zero {
			d = 0
		}
		p.rows = append(p.rows, d)
	}
	sums := p.double[:n*m.sums]
	for at := 0; at < len(sums); at += m.sums {
		copy(sums[at:], m.double.base)
	}
	upTo(m.double, sums, p.rows, m.Features)
	for i := range n {
		row := sums[i*m.sums : (i+1)*m.sums]
		if m.average != 0 {
			for k := range row {
				row[k] /= m.average
			}
		}
		m.link.double(row, dst[i*m.Outputs:(i+1)*m.Outputs], m.factor)
	}
}
