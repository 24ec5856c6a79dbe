// Package edge is where connections arrive. One TCP port takes everything:
//
//   - plain HTTP and TLS, told apart by the first byte;
//   - TLS with given files, or with certificates of a local authority made on
//     demand for localhost and for every AWS host name a client asks for;
//   - proxy requests. A client whose HTTPS_PROXY points here reaches this
//     server under every AWS host name, so even programs that pin
//     sts.us-east-1.amazonaws.com run unchanged. Nothing is ever passed on to
//     AWS. Other hosts are tunnelled, so that pip and the like keep working in
//     the same shell, but only where the server listens on loopback: it is no
//     open relay.
//
// The handler behind it sees ordinary requests in origin form whichever way
// they came; identity is the signature's business, not the connection's.
package edge
