// Package shap explains single predictions of any model by Kernel SHAP (Lundberg
// and Lee, 2017). It is pure: it says which synthetic rows to ask the model about,
// is told the answers, and computes from them how much each feature has moved the
// prediction away from what the model says of the baseline.
//
// A prediction is a game: the players are the features (or the units of a text),
// those of a coalition have the values of the record, the others those of the
// baseline, and what a coalition is worth is what the model answers then. Shapley
// values share the worth of all out among the players. They are the only way with
// these laws, which the tests check:
//
//   - efficiency: they add up to f(record) − f(baseline);
//   - symmetry: players that make the same difference get the same;
//   - dummy: a player that makes no difference gets 0;
//   - linearity: the values of a sum of models are the sums of their values.
//
// Kernel SHAP finds them as the solution of a weighted least squares problem over
// coalitions. With all 2^f − 2 of them it is exact; with fewer it approximates, and
// efficiency still holds. Which coalitions are taken follows KernelExplainer of
// the Python package shap: the small and the large ones first, a size and its
// complement together, as long as there is room for all of a size, the rest drawn.
package shap
