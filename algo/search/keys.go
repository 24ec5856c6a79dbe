package search

import "math"

// Keys are the sort keys of many records.
type Keys struct {
	list []Key
	// num and word are by record: a number (NaN for none), and one more than the
	// index of a text in words (0 for none). A record has one of them at most.
	num   []float64
	word  []uint32
	words []Key
}

// ListKeys are the keys given.
func ListKeys(keys []Key) *Keys { return &Keys{list: keys} }

// At is the key of record i.
func (k *Keys) At(i int) Key {
	if k.list != nil {
		return k.list[i]
	}
	if k.word != nil && k.word[i] > 0 {
		return k.words[k.word[i]-1]
	}
	if k.num != nil {
		return numberKey(k.num[i])
	}
	return Key{}
}

// Keys are the sort keys of the records of a segment.
func (o Order) Keys(s Segment) (*Keys, error) {
	k := &Keys{}
	if o.property.name == NameColumn {
		return k, nil
	}
	c, err := s.Column(o.property.name)
	if c == nil || err != nil {
		return k, err
	}
	if len(c.num) > 0 {
		k.num = make([]float64, s.Docs())
		for i := range k.num {
			k.num[i] = math.NaN()
		}
		for i, doc := range c.nums.doc {
			if key := numberKey(c.num[i]); o.Compare(key, k.At(int(doc))) < 0 {
				k.num[doc] = c.num[i]
			}
		}
	}
	if c.ref.len() > 0 {
		k.word, k.words = make([]uint32, s.Docs()), make([]Key, len(c.ends))
		for i := range k.words {
			k.words[i] = o.textKey(c.entry(uint32(i)))
		}
		for i, doc := range c.texts.doc {
			if o.Compare(k.words[c.ref.at(i)], k.At(int(doc))) < 0 {
				k.word[doc] = c.ref.at(i) + 1
			}
		}
	}
	return k, nil
}
