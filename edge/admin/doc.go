// Package admin is how the command line talks to a running server: access keys
// and images under /_sagebrush/v1/. It is no AWS API, but it is signed like one
// (service "sagebrush"), and with one key only: the key pair that the server
// made for itself at its first start. Whoever can read that file owns the data
// directory anyway; nobody else's key opens this door, so accounts stay
// isolated from each other.
//
//	GET    /_sagebrush/v1/keys?account=…       Keys
//	POST   /_sagebrush/v1/keys                 KeyRequest → Key with its secret
//	DELETE /_sagebrush/v1/keys/{id}?account=…
//	GET    /_sagebrush/v1/images               Images
//	POST   /_sagebrush/v1/images               ImageRequest
//	DELETE /_sagebrush/v1/images?uri=…
//	POST   /_sagebrush/v1/images/prepare       PrepareRequest → Progress, one JSON a line
package admin
