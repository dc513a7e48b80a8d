// Package access is the threshold: the only way to personal data.
//
// Run checks that an article permits this authority this operation for this
// purpose, opens the transaction, runs the operation with a Pass that nothing
// else can fill, and appends the log entry that commits with the data
// (2017/2226 art 46). A refused attempt is logged as well. Rooms that hold
// personal data ask for a Pass and turn an empty one away, so an unlogged read
// has no way in.
//
// The package also knows who stands at the door: people by session after a
// password and a second factor, systems by mutual TLS, scripts by a scoped
// bearer token.
package access
