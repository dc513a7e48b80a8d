package house

import (
	"context"
	"path/filepath"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/ees"
	"limen/person"
)

// FeedDuty is the name of the duty that brings the carriers' copy up to date.
const FeedDuty = "carriers"

// feedEvery is how often the copy is fed; the law asks for once a day at least
// (art 13(5)).
const feedEvery = time.Minute

// feedMargin is how long before the first snapshot of a feed the copy is called
// complete: a transaction whose moment lay before the snapshot may have committed
// after it, and its file then comes with the next feed. No transaction lasts as
// long.
const feedMargin = 30 * time.Second

// extractStep is how many changes one step of the extraction reads.
const extractStep = ees.MaxExtract

// CarrierFeed is the duty of feeding the copy.
func (h *House) CarrierFeed(c *CarrierHouse) Duty {
	return Duty{FeedDuty, "bring the copy that carriers and travellers ask up to date", "2017/2226 art 13(5)", feedEvery,
		func(ctx context.Context, progress func(int)) (int, error) { return h.FeedCarriers(ctx, c, progress) }}
}

// RunCarrierFeed feeds the copy at its interval until ctx ends.
func (h *House) RunCarrierFeed(ctx context.Context, c *CarrierHouse) {
	runDuties(ctx, []Duty{h.CarrierFeed(c)}, h.Log, h.slog)
}

// FeedCarriers brings the copy up to date and returns how many files it wrote.
// A copy that was never complete is filled with every file first.
//
// Each step goes from the register to the copy and then off the queue of changed
// files. If we stop before the copy has committed, the queue still has the step;
// if we stop after it, the next run sends it again, which changes nothing. While
// one step is written, the next is read.
//
// Both sides note how far the copy is. Where they disagree, because one of them
// was put back from a backup, the copy is filled again: what is missing from it
// would be on no queue any more, and it would call itself complete without.
func (h *House) FeedCarriers(ctx context.Context, c *CarrierHouse, progress func(done int)) (int, error) {
	secret, err := secretFile(filepath.Join(h.options.Data, "carrier-tokens.key"))
	if err != nil {
		return 0, err
	}
	tokens, err := carrier.NewTokenKey(secret)
	if err != nil {
		return 0, err
	}
	last, err := access.Run(ctx, h.Door, access.Request{Principal: extractor, Op: ees.OpExtract}, h.EES.CopiedUpTo)
	if err != nil {
		return 0, err
	}
	feed, err := c.Copy.Begin(ctx, c.Door, tokens, carrier.Position(last))
	if err != nil {
		return 0, err
	}
	if feed.Fresh.IsZero() {
		if err := h.extractAllAgain(ctx); err != nil {
			return 0, err
		}
	}
	if err := h.forgetExtracted(ctx, nil, last, feed); err != nil {
		return 0, err
	}
	done := 0
	var complete time.Time
	steps := h.extractSteps(ctx)
	defer steps.stop()
	for step := range steps.ready {
		if step.err != nil {
			return done, step.err
		}
		if complete.IsZero() {
			complete = step.At.Add(-feedMargin)
		}
		extracts, gone := forCopy(tokens, step.Extracts)
		n, err := feed.Apply(ctx, extracts, gone)
		done += n
		if err != nil {
			return done, err
		}
		if err := h.forgetExtracted(ctx, step.Taken, last, feed); err != nil {
			return done, err
		}
		if progress != nil {
			progress(done)
		}
	}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	if err := feed.MarkFresh(ctx, complete); err != nil {
		return done, err
	}
	return done, h.forgetExtracted(ctx, nil, last, feed)
}

// extracting reads steps ahead of whoever writes them.
type extracting struct {
	ready <-chan readStep
	stop  func()
}

type readStep struct {
	ees.ExtractStep
	err error
}

func (h *House) extractSteps(ctx context.Context) extracting {
	ctx, stop := context.WithCancel(ctx)
	ready := make(chan readStep, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(ready)
		for after, more := ees.FileRef(""), true; more; {
			step, err := access.Run(ctx, h.Door, access.Request{Principal: extractor, Op: ees.OpExtract},
				func(p access.Pass) (ees.ExtractStep, error) { return h.EES.ExtractForCarriers(p, after, extractStep) })
			select {
			case ready <- readStep{step, err}:
			case <-ctx.Done():
				return
			}
			after, more = step.Next, err == nil && step.Next != ""
		}
	}()
	return extracting{ready, func() { stop(); <-ended }}
}

// extractor is who takes extracts out of the register.
var extractor = access.DutyPrincipal("carrier_extract")

// forgetExtracted takes off the queue what the copy has, and notes how far the
// copy is, if that is news since last.
func (h *House) forgetExtracted(ctx context.Context, taken []ees.Changed, last ees.CopyPosition, feed *carrier.Feed) error {
	at := ees.CopyPosition(feed.Position())
	if len(taken) == 0 && at == last {
		return nil
	}
	_, err := access.Run(ctx, h.Door, access.Request{Principal: extractor, Op: ees.OpForgetSent},
		func(p access.Pass) (int, error) { return h.EES.ForgetExtracted(p, taken, at) })
	return err
}

func (h *House) extractAllAgain(ctx context.Context) error {
	for after := ees.FileRef(""); ; {
		next, err := access.Run(ctx, h.Door, access.Request{Principal: extractor, Op: ees.OpExtractAgain},
			func(p access.Pass) (ees.FileRef, error) { return h.EES.ExtractAllAgain(p, after) })
		if err != nil || next == "" {
			return err
		}
		after = next
	}
}

// forCopy puts extracts into the words of the copy: tokens for references.
func forCopy(tokens carrier.TokenKey, list []ees.Extract) (extracts []carrier.Extract, gone []carrier.Token) {
	for i := range list {
		e := &list[i]
		token := tokens.Token(string(e.Ref))
		if e.Gone {
			gone = append(gone, token)
			continue
		}
		x := carrier.Extract{Token: token, Documents: e.Documents, VisaRequired: e.VisaRequired, Withheld: e.Withheld, History: e.History}
		for _, id := range e.Identities {
			x.Identities = append(x.Identities, carrier.Identity(id))
		}
		for _, v := range e.Visas {
			x.Visas = append(x.Visas, visaForCopy(v))
		}
		for _, p := range e.Permits {
			x.Permits = append(x.Permits, carrier.Permit{From: p.From, Until: p.Until, State: carrier.VisaValid})
		}
		if e.Etias != nil {
			x.Authorisation = &carrier.Authorisation{ValidTo: e.Etias.ValidTo, States: e.Etias.LTVStates}
		}
		extracts = append(extracts, x)
	}
	return extracts, gone
}

func visaForCopy(v ees.ExtractedVisa) carrier.Visa {
	out := carrier.Visa{Number: v.Sticker, Issuer: v.Issuer, Type: v.Type, ValidFrom: v.ValidFrom, ValidTo: v.ValidTo,
		Entries: v.Entries, Used: v.Used, Days: v.Days, Status: carrier.VisaValid, States: v.LTVStates, National: v.National}
	if v.Type == person.VisaLTV && len(out.States) == 0 {
		out.States = []person.State{v.Issuer} // a visa with limited territorial validity for which no states are known holds for its issuer
	}
	switch {
	case v.Revoked:
		out.Status = carrier.VisaRevoked
	case v.Annulled:
		out.Status = carrier.VisaAnnulled
	}
	return out
}
