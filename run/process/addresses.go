//go:build linux

package process

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/run"
)

// loopbackBlocks is how many blocks of 127.0.0.0/8 networks may have, 1 to this:
// not the first, where the machine itself lives, and not the last.
const loopbackBlocks = 1<<(32-8-hostBits) - 2

// hostBits is the size of the part of an address that counts hosts.
const hostBits = 10

// maxHosts is how many hosts have a place in a network, without its first and
// last address.
const maxHosts = 1<<hostBits - 2

// subnet is the addresses of one network's hosts: the prefix of the first, and
// the block of 1024 addresses in it that is the network's.
type subnet struct {
	prefix netip.Prefix
	block  uint32
}

// subnetOf derives the addresses of a network from its directory, which its
// programs share and no other network has, also of another server.
//
// Bridged networks lie in 100.64.0.0/10 (RFC 6598), which local networks do not
// use. They never meet, each being on a bridge in a namespace of its own; that
// they mostly differ makes logs easier to read. On the loopback interface,
// where networks do meet, this is the block of 127.0.0.0/8 to begin with; those
// of two servers on a machine meet in one pair of 16382.
func subnetOf(d networkDir, j joint) subnet {
	sum := sha256.Sum256([]byte(d))
	h := binary.BigEndian.Uint32(sum[:])
	if j == joinedByBridge {
		return subnet{netip.MustParsePrefix("100.64.0.0/10"), h % (1 << (32 - 10 - hostBits))}
	}
	return subnet{netip.MustParsePrefix("127.0.0.0/8"), 1 + h%loopbackBlocks}
}

// address of the host with an index, counted from 0.
func (s subnet) address(i int) netip.Addr {
	base := s.prefix.Addr().As4()
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(base[:])|s.block<<hostBits|uint32(i+1))
	return netip.AddrFrom4(a)
}

// on is the address as it is configured on an interface.
func (s subnet) on(i int) netip.Prefix { return netip.PrefixFrom(s.address(i), 32-hostBits) }

// hardware is the hardware address of the interface with an address. A host
// that starts again keeps it, so its peers need not learn a new one.
func hardware(a netip.Addr) []byte {
	return append([]byte{0x02, 0x53}, a.AsSlice()...)
}

// hostsFile is the content of /etc/hosts that lets the program's peers, or its
// own name alone, resolve. What comes first wins.
func hostsFile(s run.Spec, j joint, addresses subnet, machine []byte) []byte {
	var text strings.Builder
	if j == joinedToNothing {
		fmt.Fprintf(&text, "127.0.0.1\t%s\n", s.Hostname)
	} else {
		for i, name := range s.Network.Hosts {
			fmt.Fprintf(&text, "%s\t%s\n", addresses.address(i), name)
		}
	}
	text.Write(machine)
	return []byte(text.String())
}

// blockFile holds the number of the block of addresses on the machine's loopback
// interface that is a network's.
const blockFile = "block"

// reserve makes a program a member and answers the network's block: the one
// wanted, or the next that no other network of this server has.
func (d networkDir) reserve(name string, wanted uint32) (uint32, error) {
	lock, err := d.lock()
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	if err := os.WriteFile(filepath.Join(string(d), name), []byte("{}"), 0o600); err != nil {
		return 0, err
	}
	if b, ok := d.block(); ok {
		return b, nil
	}
	root, err := os.Open(filepath.Dir(string(d)))
	if err != nil {
		return 0, err
	}
	defer root.Close()
	if err := lockWait(root); err != nil { // one network at a time
		return 0, err
	}
	taken := map[uint32]bool{}
	all, _ := filepath.Glob(filepath.Join(root.Name(), "net-*"))
	for _, other := range all {
		if b, ok := networkDir(other).block(); ok {
			taken[b] = true
		}
	}
	for range loopbackBlocks {
		if !taken[wanted] {
			return wanted, os.WriteFile(filepath.Join(string(d), blockFile), []byte(strconv.FormatUint(uint64(wanted), 10)), 0o600)
		}
		wanted = wanted%loopbackBlocks + 1
	}
	return 0, errors.New("there are too many networks")
}

// block that was reserved.
func (d networkDir) block() (uint32, bool) {
	data, err := os.ReadFile(filepath.Join(string(d), blockFile))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data), 10, 32)
	return uint32(n), err == nil && 0 < n && n <= loopbackBlocks
}
