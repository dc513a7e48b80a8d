package ees

// settleVisas puts the days and entries of each visa into the first record on
// it, in the order of time, and nowhere else (art 16(2)(e), EES-009): an earlier
// entry may be told later, and the record that held them may have been taken out.
//
// Where two records tell them differently, the record that held them so far
// counts, as it was corrected if it was: what somebody types at a later crossing
// is no correction of the visa, even when that crossing lies earlier in time.
func (k *known) settleVisas() {
	type terms struct{ days, entries int }
	var of map[string]terms
	note := func(v *VisaOnRecord) {
		if v == nil || v.Days == 0 {
			return
		}
		if of == nil {
			of = map[string]terms{}
		}
		if _, known := of[v.key()]; !known {
			of[v.key()] = terms{v.Days, v.Entries}
		}
	}
	holder := k.visaHolders()
	for _, before := range []bool{true, false} {
		for i := range k.records {
			r := &k.records[i]
			for _, v := range []*VisaOnRecord{r.Visa, r.ExitVisa} {
				if v != nil && (holder[v.key()] == r.N) == before {
					note(v)
				}
			}
		}
	}
	for i := range k.before {
		note(k.before[i].Visa) // of a record that was taken out
		note(k.before[i].ExitVisa)
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

// visaHolders are the numbers of the records that hold the days of a visa as
// they are stored, by the key of the visa.
func (k *known) visaHolders() map[string]int {
	var of map[string]int
	for i := range k.before {
		r := &k.before[i]
		for _, v := range []*VisaOnRecord{r.Visa, r.ExitVisa} {
			if v == nil || v.Days == 0 {
				continue
			}
			if of == nil {
				of = map[string]int{}
			}
			of[v.key()] = r.N
		}
	}
	return of
}
