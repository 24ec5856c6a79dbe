package docker

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"iter"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
)

// reserved are addresses of a subnet that no host gets: the network's, the
// gateway's, the broadcast one, and one to spare.
const reserved = 4

// tries bounds how many subnets are tried.
const tries = 256

// candidates are subnets of the pool for so many hosts, none of which overlaps
// with what is taken. Where they begin depends on the name, so that the servers
// of a machine seldom try the same.
func candidates(pool netip.Prefix, name string, hosts int, taken []netip.Prefix) iter.Seq[netip.Prefix] {
	size := max(4, bits.Len(uint(hosts+reserved-1))) // at least 16 addresses
	return func(yield func(netip.Prefix) bool) {
		free := 32 - pool.Bits() - size
		if free < 0 {
			return
		}
		count := uint32(1) << free
		h := fnv.New32a()
		h.Write([]byte(name))
		base := binary.BigEndian.Uint32(pool.Addr().AsSlice())
		for i := range min(count, tries) {
			at := (h.Sum32() + i) & (count - 1)
			p := netip.PrefixFrom(addr(base+at<<size), 32-size)
			if !slices.ContainsFunc(taken, p.Overlaps) && !yield(p) {
				return
			}
		}
	}
}

// addressOf is the address of host number i.
func addressOf(subnet netip.Prefix, i int) netip.Addr {
	return addr(binary.BigEndian.Uint32(subnet.Addr().AsSlice()) + 2 + uint32(i))
}

func addr(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// routes reads the destinations from the text of /proc/net/route, except the
// default one.
func routes(table string) (out []netip.Prefix) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		to, err1 := hex.DecodeString(f[1])
		mask, err2 := hex.DecodeString(f[7])
		if err1 != nil || err2 != nil || len(to) != 4 || len(mask) != 4 {
			continue
		}
		slices.Reverse(to) // the kernel writes them as the processor has them
		n := bits.OnesCount32(binary.BigEndian.Uint32(mask))
		if n > 0 {
			out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte(to)), n).Masked())
		}
	}
	return out
}
