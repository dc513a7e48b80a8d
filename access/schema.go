package access

import (
	"embed"

	"limen/db"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// Schema is the tables of this room: accounts with their second factors,
// sign-ins under way, sessions, tokens and certificates. None holds a
// traveller's data.
func Schema() db.Schema {
	const staff = "staff of the authorities: thousands of rows that every node asks for at each request"
	return db.Schema{Room: "access", Files: sqlFiles, Tables: []db.Table{
		{Name: "access_account", Why: staff},
		{Name: "access_passkey", Why: staff},
		{Name: "access_ceremony", Why: staff},
		{Name: "access_pending", Key: "hash", Why: "a sign-in under way is found by the hash of its handle and lives five minutes"},
		{Name: "access_token", Why: staff},
		{Name: "access_certificate", Why: staff},
		{Name: "access_session", Key: "token", Why: "a session is found by the hash of its cookie and by nothing else"},
	}}
}
