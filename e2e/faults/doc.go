// Package faults does to a server what users, programs, disks and strangers do:
// programs that fail in every way, full disks, malformed and hostile requests.
// Every refusal must be clear, and the server must work on with nothing lost and
// nothing left behind.
package faults
