package bms

import (
	"context"
	"fmt"

	"limen/access"
)

// What this room does by itself. Enrolling, verifying and searching are part of
// operations of the source systems, which have the legal basis.
const (
	OpFill     access.Op = "bms.fill_gallery"
	OpAccuracy access.Op = "bms.read_accuracy"
)

// Operations lists what this room does by itself.
func Operations() []access.Operation {
	return []access.Operation{
		{Op: OpFill, System: "bms", Title: "read templates into memory to search them", Cite: "2019/817 art 12(1)"},
		{Op: OpAccuracy, System: "bms", Title: "read the accuracy of a month", Cite: "2019/329 art 1"},
	}
}

// Grants lists who may.
func Grants() []access.Grant {
	return []access.Grant{
		{Kind: access.Duty, Purpose: access.SystemOperation, Op: OpFill, Cite: "2019/817 art 12(1)"},
		{Kind: access.Supervisor, Purpose: access.Oversight, Op: OpAccuracy, Cite: "2019/329 art 1", Returns: []access.Category{access.AnonymousCounts}},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpAccuracy, Cite: "2019/329 art 1", Returns: []access.Category{access.AnonymousCounts}},
		{Kind: access.Statistics, Purpose: access.StatisticsReport, Op: OpAccuracy, Cite: "2019/329 art 1", Returns: []access.Category{access.AnonymousCounts}},
	}
}

// Fill reads the enrolled templates into the galleries, step by step: at the start,
// or anew on demand, when what is in memory goes first. It may be stopped; then the
// galleries that are not whole refuse searches until it is called again. progress
// is told how many templates have been read of how many there are. A second call
// waits for the first.
func (s *Service) Fill(ctx context.Context, door *access.Door, progress func(done, all int)) error {
	s.fill.Lock()
	defer s.fill.Unlock()
	for _, system := range []System{EES, VIS} {
		if err := s.begin(system); err != nil {
			return err
		}
		if err := s.fillOne(ctx, door, system, progress); err != nil {
			return err
		}
	}
	return nil
}

// begin empties a gallery. A change that is being put in while it begins would be
// neither in what is read later nor among what is known to have changed since.
func (s *Service) begin(system System) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy && !s.closed {
		s.changed.Wait()
	}
	if s.closed {
		return errClosed
	}
	s.filling[system] = &filling{begun: true, touched: map[sampleKey]bool{}}
	s.fillings[system]++
	delete(s.fault, system)
	s.galleries[system].empty()
	return nil
}

func (s *Service) fillOne(ctx context.Context, door *access.Door, system System, progress func(done, all int)) error {
	request := access.Request{Principal: access.DutyPrincipal("fill_gallery"), Op: OpFill}
	all, err := access.Run(ctx, door, request, func(p access.Pass) (n int, err error) {
		tx, err := p.Tx()
		if err != nil {
			return 0, err
		}
		return n, tx.Row(`SELECT COUNT(*) FROM bms_template WHERE system = $1`, string(system)).Scan(&n)
	})
	if err != nil {
		return err
	}
	last := RecordRef("")
	var step []kept
	_, err = access.Steps(ctx, door, request, func(p access.Pass) (int, error) {
		tx, err := p.Tx()
		if err != nil {
			return 0, err
		}
		// Whole records: the step reads as many as have about so many templates.
		step, err = read(tx, s.seal, `system = $1 AND record_ref IN (
			SELECT record_ref FROM bms_template WHERE system = $1 AND record_ref > $2 GROUP BY record_ref ORDER BY record_ref LIMIT $3)`,
			string(system), string(last), max(p.StepSize()/4, 1))
		return len(step), err
	}, func(done int) {
		last = step[len(step)-1].ref
		s.take(system, step)
		s.mu.Lock()
		s.filling[system].done, s.filling[system].all = done, max(all, done)
		s.mu.Unlock()
		if progress != nil {
			progress(done, max(all, done))
		}
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.filling, system)
	return s.fault[system]
}

// take puts what a step read into the gallery, but for what has changed since the
// filling began: that is known better.
func (s *Service) take(system System, step []kept) {
	for len(step) > 0 {
		n := 1
		for n < len(step) && step[n].ref == step[0].ref && step[n].n == step[0].n {
			n++
		}
		key := sampleKey{step[0].ref, step[0].n}
		templates := make([]Template, n)
		for i, k := range step[:n] {
			templates[i] = k.Template
		}
		step = step[n:]
		s.mu.Lock()
		if s.filling[system].touched[key] {
			s.mu.Unlock()
			continue
		}
		// Under the lock: a change of this sample that comes now is put in after.
		if err := s.put(system, key, templates); err != nil {
			s.fault[system] = fmt.Errorf("bms: an enrolled template cannot be read: %w", err)
		}
		s.mu.Unlock()
	}
}
