package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/house"
	"limen/law"
)

// A receipt goes from the service to a file, and the commands verify it there,
// whole and one passenger alone, with nothing but the public key.
func TestReceiptCommandsVerifyOffline(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	h, err := house.OpenCarrier(ctx, house.Options{Store: "sqlite:" + filepath.Join(dir, "carriers.db"), Data: dir, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	tokens, err := carrier.NewTokenKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	feed, err := h.Copy.Begin(ctx, h.Door, tokens, carrier.Position{})
	if err == nil {
		err = feed.MarkFresh(ctx, now)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := inventedCarrier(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	p := carrier.Passenger{Surname: "Doe", FirstNames: "Jane", BirthDate: "1988-02-11", Sex: "F", Nationality: "CAN",
		Document: carrier.DocumentInput{Type: "P", Number: "C1", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")}}
	f := carrier.Flight{Transport: "LM1", Departure: now.Add(time.Hour), Entry: carrier.Place{State: "FRA"}, Arrival: law.MustDate("2026-11-01"), People: []carrier.Passenger{p, p, p}}
	out, err := h.Copy.Ask(ctx, h.Door, access.Request{Principal: access.Principal{Officer: "agent", Channel: "mtls", Authority: r.Authority()}, Op: carrier.OpAsk},
		f)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, v any) string {
		b, err := json.Marshal(v)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	keys := write("keys.json", carrier.PublicKeyList{Keys: h.Copy.Receipts().Public()})
	asked := write("question.json", f)
	run := func(c interface {
		Run(context.Context, streams) error
	}) (string, error) {
		var b bytes.Buffer
		err := c.Run(ctx, streams{out: &b, err: &b})
		return b.String(), err
	}
	answer := write("answer.json", out)
	text, err := run(&receiptVerifyCmd{File: answer, Key: keys, Flight: asked})
	if err != nil || !strings.Contains(text, "the receipt verifies") || !strings.Contains(text, "it is what the receipt answers") {
		t.Errorf("%v\n%s", err, text)
	}
	document, err := carrier.WriteXML(&out)
	if err != nil {
		t.Fatal(err)
	}
	inXML := filepath.Join(dir, "answer.xml")
	if err := os.WriteFile(inXML, document, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = run(&receiptVerifyCmd{File: inXML, Key: keys, Flight: asked}); err != nil {
		t.Errorf("the answer in XML: %v\n%s", err, text)
	}
	other := f
	other.Transport = "LM2"
	if text, err = run(&receiptVerifyCmd{File: answer, Key: keys, Flight: write("other.json", other)}); err == nil || !strings.Contains(err.Error(), "another journey") {
		t.Errorf("for another flight: %v\n%s", err, text)
	}
	other = f
	other.People = []carrier.Passenger{p, p, p}
	other.People[1].Document.Number = "C2"
	if text, err = run(&receiptVerifyCmd{File: answer, Key: keys, Flight: write("other.json", other)}); err == nil || !strings.Contains(err.Error(), "passenger 1") {
		t.Errorf("for another passenger: %v\n%s", err, text)
	}
	one, err := run(&receiptShowCmd{File: answer, Passenger: 2, NoSalt: true})
	if err != nil {
		t.Fatal(err)
	}
	shown := filepath.Join(dir, "one.json")
	if err := os.WriteFile(shown, []byte(one), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = run(&receiptVerifyCmd{File: shown, Key: h.Copy.Receipts().Public()[0].Public}); err != nil || !strings.Contains(text, "passenger 2   NOT APPLICABLE") {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err = run(&receiptVerifyCmd{File: shown, Key: keys, Flight: asked}); err == nil {
		t.Errorf("without its salt a leaf proves a question:\n%s", text)
	}
	out.Answers[0].Answer, out.Receipt.Leaves[0].Answer = carrier.OK, carrier.OK
	if text, err = run(&receiptVerifyCmd{File: write("changed.json", out), Key: keys}); err == nil {
		t.Errorf("a changed receipt verifies:\n%s", text)
	}
	if text, err = run(&receiptRotateCmd{Data: dir}); err != nil || !strings.Contains(text, "signs from the next start") {
		t.Errorf("%v\n%s", err, text)
	}
}
