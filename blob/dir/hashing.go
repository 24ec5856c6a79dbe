package dir

import (
	"crypto/md5"
	"fmt"
	"hash"
	"sync"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// digest computes the MD5 and the checksums of passing bytes.
type digest struct {
	md5  hash.Hash
	sums map[string]hash.Hash
}

// newDigest computes the algorithms that wanted names.
func newDigest(wanted map[string]string) *digest {
	d := &digest{md5: md5.New()}
	for name := range wanted {
		if h := checksum.New(name); h != nil {
			if d.sums == nil {
				d.sums = map[string]hash.Hash{}
			}
			d.sums[name] = h
		}
	}
	return d
}

func (d *digest) write(b []byte) {
	d.md5.Write(b)
	d.writeSums(b)
}

func (d *digest) writeSums(b []byte) {
	for _, h := range d.sums {
		h.Write(b)
	}
}

// checkSums holds the computed checksums against those announced before and
// behind the body.
func (d *digest) checkSums(o blob.PutOptions) (map[string]string, error) {
	var got map[string]string
	for name, h := range d.sums {
		if got == nil {
			got = map[string]string{}
		}
		got[name] = checksum.Encode(h)
	}
	check := func(wanted map[string]string) error {
		for name, want := range wanted {
			if want != "" && want != got[name] {
				return fmt.Errorf("%w: its %s is %s", blob.ErrBadDigest, name, got[name])
			}
		}
		return nil
	}
	if err := check(o.Checksums); err != nil || o.Trailer == nil {
		return got, err
	}
	trailer, err := o.Trailer()
	if err != nil {
		return nil, err
	}
	return got, check(trailer)
}

// hashing runs a digest beside the reading: one goroutine for the MD5, which is
// the slowest, and one for the checksums.
type hashing struct {
	d       *digest
	lanes   []chan *buffer
	free    chan *buffer
	running sync.WaitGroup
	pool    *sync.Pool
}

// startHashing starts the goroutines; wait ends them.
func (s *Store) startHashing(d *digest) *hashing {
	p := &hashing{d: d, free: make(chan *buffer, bufferCount), pool: &s.buffers}
	for range bufferCount {
		p.free <- nil // made when first needed
	}
	p.lane(func(b []byte) { d.md5.Write(b) })
	if len(d.sums) > 0 {
		p.lane(d.writeSums)
	}
	return p
}

func (p *hashing) lane(write func([]byte)) {
	lane := make(chan *buffer, bufferCount)
	p.lanes = append(p.lanes, lane)
	p.running.Go(func() {
		for b := range lane {
			write(b.data[:b.n])
			p.release(b)
		}
	})
}

// buffer waits for a buffer that nobody uses.
func (p *hashing) buffer() *buffer {
	if b := <-p.free; b != nil {
		return b
	}
	return p.pool.Get().(*buffer)
}

// hash hands b to every lane; the caller still holds it until its own release.
func (p *hashing) hash(b *buffer) {
	b.busy.Store(int32(len(p.lanes)) + 1)
	for _, lane := range p.lanes {
		lane <- b
	}
}

// release gives b back when all are done with it.
func (p *hashing) release(b *buffer) {
	if b.busy.Add(-1) == 0 {
		p.free <- b
	}
}

// wait ends the goroutines and gives the finished digest.
func (p *hashing) wait() *digest {
	for _, lane := range p.lanes {
		close(lane)
	}
	p.running.Wait()
	close(p.free)
	for b := range p.free {
		if b != nil {
			p.pool.Put(b)
		}
	}
	return p.d
}
