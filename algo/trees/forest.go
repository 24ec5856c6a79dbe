package trees

import "fmt"

// number is what a library computes in.
type number interface{ float32 | float64 }

// node is a split or a leaf. Of a split, value is the threshold, or of a
// categorical one the place of its set in forest.sets; left is the place of the
// left child, beside which the right one lies. Of a leaf, value is what it adds;
// where leaves are vectors, left is the place of the first number in
// forest.vectors.
type node[T number] struct {
	value T
	left  uint32
	// split holds the feature in its lower bits and the flags below.
	split uint32
}

const (
	leaf        = 1 << 31 // not a split
	categorical = 1 << 30 // goes right for the categories of a set, left for all others
	defaultLeft = 1 << 29 // where a missing value goes
	missingNaN  = 1 << 28 // LightGBM: NaN is a missing value; without it, it is zero
	missingZero = 1 << 27 // LightGBM: zero and NaN are missing values
	featureMask = missingZero - 1

	// MaxFeatures is how many features a model may have.
	MaxFeatures = 1 << 24
	// maxNodes of all the trees of a model.
	maxNodes = 1 << 30
	// maxSets, because their numbers have to be exact as float32.
	maxSets = 1 << 24
)

// set is a set of categories: bits in forest.words.
type set struct{ start, words uint32 }

// forest is an ensemble in the common form.
type forest[T number] struct {
	nodes []node[T]
	roots []uint32
	// groups are the outputs that the trees add to; nil where leaves are vectors,
	// a number for each output.
	groups  []uint32
	vectors []T
	sets    []set
	words   []uint32
	// outputs is how many sums there are, base what each begins with.
	outputs int
	base    []T
	// weights of the trees, nil where all weigh 1 (DART has some).
	weights []T
}

// branch is a node of a library's file, with children by their numbers; a leaf
// has a negative left child.
type branch[T number] struct {
	left, right int32
	split       uint32
	value       T
	vector      uint32
}

// newForest has outputs sums that begin with 0.
func newForest[T number](outputs int) *forest[T] {
	return &forest[T]{outputs: outputs, base: make([]T, outputs)}
}

// plant adds a tree, whose root is the first of its nodes, to the sum of a
// group. It is laid out level by level.
func (f *forest[T]) plant(tree []branch[T], group, features int) error {
	if len(tree) == 0 {
		return fmt.Errorf("a tree has no nodes")
	}
	if group < 0 || group >= f.outputs {
		return fmt.Errorf("a tree belongs to output %d of %d", group, f.outputs)
	}
	if len(f.nodes)+len(tree) > maxNodes {
		return fmt.Errorf("the model has more than %d nodes", maxNodes)
	}
	root := len(f.nodes)
	f.roots = append(f.roots, uint32(root))
	if f.vectors == nil {
		f.groups = append(f.groups, uint32(group))
	}
	// queue holds the numbers of nodes in the order of their places.
	queue := make([]int32, 1, len(tree))
	for next := 0; next < len(queue); next++ {
		b := &tree[queue[next]]
		if b.left < 0 {
			f.nodes = append(f.nodes, node[T]{value: b.value, left: b.vector, split: leaf})
			continue
		}
		if int(b.left) >= len(tree) || b.right < 0 || int(b.right) >= len(tree) {
			return fmt.Errorf("a node has children %d and %d in a tree of %d nodes", b.left, b.right, len(tree))
		}
		// A node that is reached twice makes more places than there are nodes.
		if len(queue)+2 > len(tree) {
			return fmt.Errorf("the nodes of a tree have more than one parent")
		}
		if at := int(b.split & featureMask); at >= features {
			return fmt.Errorf("a node splits by feature %d of %d", at, features)
		}
		f.nodes = append(f.nodes, node[T]{value: b.value, left: uint32(root + len(queue)), split: b.split})
		queue = append(queue, b.left, b.right)
	}
	return nil
}

// addSet adds a set of categories and answers its number.
func (f *forest[T]) addSet(words []uint32) (T, error) {
	if len(f.sets) >= maxSets {
		return 0, fmt.Errorf("the model has more than %d sets of categories", maxSets)
	}
	f.sets = append(f.sets, set{uint32(len(f.words)), uint32(len(words))})
	f.words = append(f.words, words...)
	return T(len(f.sets) - 1), nil
}

// has says whether a category is in a set.
func (f *forest[T]) has(number T, category uint32) bool {
	s := f.sets[uint32(number)]
	at := category / 32
	return at < s.words && f.words[s.start+at]&(1<<(category%32)) != 0
}

// size is the memory that the forest takes, in bytes.
func (f *forest[T]) size() int64 {
	var n node[T]
	each := int64(16)
	if any(n.value) == any(float32(0)) {
		each = 12
	}
	return each*int64(len(f.nodes)) + 8*int64(len(f.roots)+len(f.vectors)+len(f.sets)+len(f.weights)) + 4*int64(len(f.words))
}
