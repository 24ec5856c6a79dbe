// Package wire is the HTTP side of every AWS API that Sagebrush answers, all on
// one port: it finds the operation that a request means, checks who sent it,
// turns it into the operation's Go input, calls the implementation and turns what
// comes back into bytes that every SDK parses.
//
//	s := wire.NewServer(wire.Options{Lookup: keys.Lookup, S3: objects, …})
//	err := s.Mount(sagemaker.Service, trainingJobs, tags)   // any value with methods named like operations
//	http.Serve(listener, s)
//
// Mount binds each operation to the one implementation that has its method (see
// schema.Operation.Implements). An operation that nobody implements still
// decodes and validates, and answers an error that says so.
//
// Four protocols are spoken: JSON 1.0/1.1 (sagemaker, logs, ecr, autoscaling;
// today's CloudWatch), REST-JSON (the runtimes; package codec), query (sts, iam,
// older CloudWatch clients; package query) and Smithy's RPC v2 CBOR (today's
// boto3 to CloudWatch; package cbor). What is none of these is S3's, which has a
// handler of its own and verifies by itself.
//
// What a request passes on its way is one ordered list, chain.go, with the reason
// for each place beside it. A protocol is an implementation of the protocol
// interface, one file each.
//
// Errors: an *aws.Error is what the client reads. Anything else is a mistake of
// ours: the client reads InternalFailure with the request's id, and the log holds
// the rest under the same id.
package wire
