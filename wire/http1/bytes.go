package http1

// set is which bytes may stand somewhere.
type set [256]bool

func setOf(more string) (s set) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + more) {
		s[c] = true
	}
	return s
}

// Constants, but for the language.
var (
	// pathByte are what stands in a path as itself.
	pathByte = setOf("-._~/")
	// nameByte are what a header's name may hold.
	nameByte = setOf("!#$%&'*+-.^_`|~")
	hostByte = setOf("-.:[]")
)
