// Package modeldata brings a model's data from object storage to the directory
// that its container sees as /opt/ml/model (Host-2, DescModel-4 … DescModel-7).
//
// The data is one of
//
//   - a tar.gz, which is unpacked: bounded in size, and nothing of it can come to
//     lie or lead outside of the directory;
//   - one object, whose file has the last part of the key for its name;
//   - all objects below a prefix, each at the rest of its key.
//
// Download does so, whole or not at all: the directory appears by a rename, and
// one that was there when the machine still ran is whole and stays as it is. A
// Cache keeps what it has brought, by the ETags of the objects, and gives every
// further replica hard links of the same files.
//
// What is wrong with the data is an *Error, a sentence for its owner; any other
// error is ours.
package modeldata
