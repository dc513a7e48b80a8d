package ledger

import (
	"embed"
	"io/fs"

	"limen/db"
)

//go:embed sql/*.sql
var files embed.FS

// Schema describes the log's tables and how they spread over machines.
func Schema() db.Schema {
	sql, err := fs.Sub(files, "sql")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return db.Schema{Room: "ledger", Files: sql, Tables: []db.Table{
		{Name: "ledger_entry", Key: "home", Why: "an entry lies with the file of its first subject: a crossing stays in one shard"},
		{Name: "ledger_subject", Key: "subject", Why: "who asks for a person's entries asks one shard; only entries on several persons pay for a second one"},
		{Name: "ledger_pending", Key: "home", Why: "written with the entry, in its shard; emptied by the integrator"},
		{Name: "ledger_leaf", Key: "tile", Why: "256 leaves lie together with their tile; no shard grows alone"},
		{Name: "ledger_tile", Key: "n", Why: "a proof reads one tile per level; a level-0 tile lies with its leaves"},
		{Name: "ledger_checkpoint", Key: "prior", Why: "one writer at a time; the key is what keeps the tree from forking"},
		{Name: "ledger_erased", Key: "tile", Why: "read together with the leaves"},
	}}
}
