// Package foreigntest holds no code, only the test that proves the codec with a
// foreign one: everything that package codec writes is read, and everything
// that it reads was written, by aws-sdk-go v1. It is a package of its own
// because compiling that SDK takes a while.
package foreigntest
