// Package harness is what the benchmark programs share: starting a Sagebrush
// server and its peer, sending them signed requests, loading them, and
// reporting what was measured. Run is the main function of each of them.
//
// Requests are signed before the clock runs, and the generator writes their
// bytes to keep-alive connections and reads just enough of the answers: what it
// costs itself is the same for both servers, and small. Generator and servers
// share the machine's processors, as they do on a user's laptop.
package harness
