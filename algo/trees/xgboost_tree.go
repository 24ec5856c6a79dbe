package trees

import "fmt"

// readTree reads a tree of a document; sets of categories are added to the forest.
func readTree(f *forest[float32], doc *value) ([]branch[float32], error) {
	if vector, err := doc.get("tree_param", "size_leaf_vector").whole(1 << 30); err != nil || vector > 1 {
		return nil, fmt.Errorf("its leaves are vectors (multi_strategy multi_output_tree), which are not supported; train with one_output_per_tree")
	}
	lists := map[string][]float64{
		"left_children": nil, "right_children": nil, "split_indices": nil, "split_conditions": nil,
		"default_left": nil, "split_type": nil,
	}
	for name := range lists {
		var err error
		v := doc.get(name)
		if name == "split_type" && v.kind == null { // before version 1.3
			continue
		}
		if lists[name], err = v.list(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	left, kinds := lists["left_children"], lists["split_type"]
	for name, l := range lists {
		if len(l) != len(left) && !(name == "split_type" && len(l) == 0) {
			return nil, fmt.Errorf("%s is of %d nodes, left_children of %d", name, len(l), len(left))
		}
	}
	sets, err := readSets(f, doc)
	if err != nil {
		return nil, err
	}
	out := make([]branch[float32], len(left))
	for i := range out {
		b := &out[i]
		b.value = float32(lists["split_conditions"][i])
		if b.left, b.right = child(left[i]), child(lists["right_children"][i]); b.left < 0 {
			continue
		}
		at := lists["split_indices"][i]
		if !(at >= 0 && at < MaxFeatures) {
			return nil, fmt.Errorf("node %d splits by feature %v", i, at)
		}
		b.split = uint32(at)
		if lists["default_left"][i] != 0 {
			b.split |= defaultLeft
		}
		if len(kinds) > 0 && kinds[i] == 1 {
			number, ok := sets[i]
			if !ok {
				return nil, fmt.Errorf("node %d splits by categories that are not given", i)
			}
			b.value = number
			b.split |= categorical
		}
	}
	return out, nil
}

// child is the number of a node, -1 for none and for what cannot be one.
func child(v float64) int32 {
	if v >= 0 && v < maxNodes {
		return int32(v)
	}
	return -1
}

// readSets reads the categories of a tree's nodes.
func readSets(f *forest[float32], doc *value) (map[int]float32, error) {
	nodes := doc.get("categories_nodes")
	if nodes.kind == null {
		return nil, nil
	}
	var lists [4][]float64
	for i, name := range []string{"categories_nodes", "categories_segments", "categories_sizes", "categories"} {
		var err error
		if lists[i], err = doc.get(name).list(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	at, starts, sizes, categories := lists[0], lists[1], lists[2], lists[3]
	if len(at) != len(starts) || len(at) != len(sizes) {
		return nil, fmt.Errorf("the lists of categories are of %d, %d and %d nodes", len(at), len(starts), len(sizes))
	}
	out := make(map[int]float32, len(at))
	for i := range at {
		start, size, n := starts[i], sizes[i], float64(len(categories))
		if !(start >= 0 && size >= 0 && start <= n && size <= n-start) {
			return nil, fmt.Errorf("node %v has the categories from %v on, %v of %v", at[i], start, size, n)
		}
		words, err := bitmap(categories[int(start):int(start+size)])
		if err != nil {
			return nil, err
		}
		if out[int(at[i])], err = f.addSet(words); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxCategory bounds the memory that one number in a file can ask for.
const maxCategory = 1 << 20

func bitmap(categories []float64) ([]uint32, error) {
	var words []uint32
	for _, c := range categories {
		if !(c >= 0 && c < maxCategory) {
			return nil, fmt.Errorf("a category is %v; the highest that is supported is %d", c, maxCategory-1)
		}
		for int(c)/32 >= len(words) {
			words = append(words, 0)
		}
		words[int(c)/32] |= 1 << (int(c) % 32)
	}
	return words, nil
}
