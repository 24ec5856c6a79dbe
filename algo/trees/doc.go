// Package trees predicts with ensembles of decision trees that XGBoost,
// LightGBM and scikit-learn trained, without any of them.
//
// Every model becomes one common form: flat arrays of nodes in which siblings
// lie side by side, so that a step down a tree is an addition. What differs
// between the libraries stays apart: XGBoost compares and adds in float32 and
// goes left below a threshold; LightGBM and scikit-learn do it in float64 and
// go left at the threshold, too. XGBoost's answers are the same bits as the
// library's on x86-64 and ARM with glibc, its exp and log included (single.go);
// LightGBM's and scikit-learn's sums are, and their links differ in the last
// place of a float64 at most.
//
// Readers: ReadXGBoost (JSON, UBJSON and the binary format of before), ReadLightGBM
// (model text), ReadTrees (the format sagebrush-trees, into which a small program
// in Python writes the forests of scikit-learn). Each checks all that prediction
// relies on, so that no file can make it read outside of its arrays or run for
// ever, and takes memory in proportion to the file only. What they cannot do they
// refuse with a sentence. A pickle is never read.
package trees
