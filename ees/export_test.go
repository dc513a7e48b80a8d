package ees

import "testing"

// RecordGoesAlone sets the switch ees.last_record_with_file to false for a test.
func RecordGoesAlone(t testing.TB) {
	rows := lastRecordWithFile.Rows
	t.Cleanup(func() { lastRecordWithFile.Rows = rows })
	changed := rows[0]
	changed.Value = false
	lastRecordWithFile.Rows = append(rows[:0:0], changed)
}
