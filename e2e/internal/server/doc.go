// Package server runs the real binary for tests in Go: it starts servers, kills
// them, stops them in order, starts them again on what they left, and speaks to
// them with signed requests.
//
//	s := server.New(t, server.Options{})
//	err := s.Start(t.Context())
//	err = s.Client().Call(ctx, "sagemaker", "SageMaker.ListTrainingJobs", nil, &out)
//
// The binary is built once a test process (SAGEBRUSH_BIN names one to use
// instead); a package that uses this one calls Main from its TestMain.
package server
