// Package identity knows whose signature a request carries.
//
// Every access key belongs to one 12-digit account. Long-term keys (AKIA…) are
// rows of the database, held in memory by every server: verifying a request
// does not touch the database. A change is seen at once by the server that made
// it and within seconds by the others.
//
// Temporary credentials (ASIA…) are rows of nothing: all that is to know of
// them — account, role, session, end — is sealed into the session token, which
// only servers of this database can make and open.
//
// Everybody is a role's session, never a user (clients.md 0.2): clients derive
// the execution role from the caller's ARN.
package identity
