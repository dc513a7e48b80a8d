package ees

// settleVisas puts the days and entries of each visa into the first record on
// it, in the order of time, and nowhere else (art 16(2)(e), EES-009): an earlier
// entry may be told later, and the record that held them may have been taken out.
func (k *known) settleVisas() {
	type terms struct{ days, entries int }
	var of map[string]terms
	for _, records := range [][]record{k.records, k.before} { // what was corrected counts before what was stored
		for i := range records {
			for _, v := range []*VisaOnRecord{records[i].Visa, records[i].ExitVisa} {
				if v == nil || v.Days == 0 {
					continue
				}
				if of == nil {
					of = map[string]terms{}
				}
				if _, known := of[v.key()]; !known {
					of[v.key()] = terms{v.Days, v.Entries}
				}
			}
		}
	}
	if of == nil {
		return
	}
	settle := func(held **VisaOnRecord) {
		if *held == nil {
			return
		}
		t := of[(*held).key()]
		delete(of, (*held).key())
		if (*held).Days != t.days || (*held).Entries != t.entries {
			v := **held // values behind pointers are shared with what is stored
			v.Days, v.Entries = t.days, t.entries
			*held = &v
		}
	}
	for i := range k.records {
		settle(&k.records[i].Visa)
		settle(&k.records[i].ExitVisa)
	}
}
