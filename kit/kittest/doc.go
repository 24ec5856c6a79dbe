// Package kittest is what the tests of resources share: that a table of
// transitions knows every status of the API model, and the pages in docs/states
// that are drawn from such tables.
package kittest
