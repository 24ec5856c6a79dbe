package shap

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	// noise is what is left of nothing by rounding, relative to the worths.
	noise = 1e-10
	// illConditioned is from where on the players cannot be told apart.
	illConditioned = 1e10
)

// solve shares out what all are worth. empty and full are what none and all are
// worth in each output, worth what each coalition is. It answers [player][output].
//
// It minimises the weighted squares of worth(S) − empty − Σ_{i∈S} φ_i among the φ
// with Σ φ = full − empty. With φ = (full−empty)/f + z and each row of the
// indicators less its mean, the constraint is Σ z = 0, no player is treated in
// another way than the rest, and the system is that of z alone.
func (p *plan) solve(empty, full []float64, worth [][]float64) ([][]float64, error) {
	f, outputs := p.players, len(full)
	values := make([][]float64, f)
	flat := make([]float64, f*outputs)
	scale := 0.0 // of the worths, which rounding errors are relative to
	for i := range values {
		values[i] = flat[i*outputs : (i+1)*outputs]
		for k := range outputs {
			values[i][k] = (full[k] - empty[k]) / float64(f)
			scale = max(scale, math.Abs(full[k]-empty[k]))
		}
	}
	if f < 2 || len(p.coalitions) == 0 {
		return values, nil
	}
	rows := mat.NewDense(len(p.coalitions), f, nil)
	wanted := mat.NewDense(len(p.coalitions), outputs, nil)
	for r, c := range p.coalitions {
		size := 0
		for i := range f {
			if c.members.has(i) {
				size++
			}
		}
		mean, root := float64(size)/float64(f), math.Sqrt(c.weight)
		row := rows.RawRowView(r)
		for i := range row {
			row[i] = -mean * root
			if c.members.has(i) {
				row[i] += root
			}
		}
		for k := range outputs {
			y := worth[r][k] - empty[k]
			scale = max(scale, math.Abs(y))
			wanted.Set(r, k, root*(y-mean*(full[k]-empty[k])))
		}
	}
	z, err := leastSquares(rows, wanted)
	if err != nil {
		return nil, err
	}
	for i := range values {
		for k := range outputs {
			if values[i][k] += z.At(i, k); math.Abs(values[i][k]) < noise*scale {
				values[i][k] = 0
			}
		}
	}
	return values, nil
}

// leastSquares is the shortest z with the least squares of rows·z − wanted, where
// each row adds up to 0.
func leastSquares(rows, wanted *mat.Dense) (*mat.Dense, error) {
	_, f := rows.Dims()
	_, outputs := wanted.Dims()
	var right mat.Dense
	right.Mul(rows.T(), wanted)
	square := mat.NewSymDense(f, nil)
	square.SymOuterK(1, rows.T())
	// Rows that add up to 0 say nothing of the direction 1…1. Filling it changes
	// nothing, for the right side has no part in it, and makes the rest solvable.
	filled := mat.NewSymDense(f, nil)
	filled.CopySym(square)
	fill := mat.Trace(square) / float64(f*f)
	for i := range f {
		for k := i; k < f; k++ {
			filled.SetSym(i, k, square.At(i, k)+fill)
		}
	}
	z := mat.NewDense(f, outputs, nil)
	var factors mat.Cholesky
	if factors.Factorize(filled) && factors.Cond() < illConditioned {
		if err := factors.SolveTo(z, &right); err == nil {
			return z, nil
		}
	}
	// Too few coalitions to tell the players apart.
	var eigen mat.EigenSym
	if !eigen.Factorize(square, true) {
		return nil, errors.New("shap: the eigenvalues of the least squares problem were not found")
	}
	values := eigen.Values(nil)
	var vectors, part mat.Dense
	eigen.VectorsTo(&vectors)
	part.Mul(vectors.T(), &right)
	largest := values[f-1]
	for i, v := range values {
		for k := range outputs {
			if v > largest/illConditioned {
				part.Set(i, k, part.At(i, k)/v)
			} else {
				part.Set(i, k, 0)
			}
		}
	}
	z.Mul(&vectors, &part)
	return z, nil
}
