package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"limen/carrier"
	"limen/house"
)

type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Verify a receipt offline, with the public key alone."`
	Show   receiptShowCmd   `cmd:"" help:"Take one passenger's answer out of a flight's receipt, to show it alone."`
	Rotate receiptRotateCmd `cmd:"" help:"Make a new key for receipts; the former ones go on verifying."`
}

type receiptVerifyCmd struct {
	File   string `arg:"" type:"existingfile" help:"Receipt, or answer with a receipt: JSON, XML or CUSRES."`
	Key    string `required:"" help:"Public key as base64, or a file with it or with the list that the service publishes."`
	Flight string `type:"existingfile" help:"The question as it was sent, in JSON, XML or PAXLST: prove that the receipt answers it."`
}

// Help is the command's long help.
func (receiptVerifyCmd) Help() string {
	return `Nothing else is needed: no network and no database. The public keys stand at
/.well-known/limen-receipt-keys of the service; keep them with the receipts.`
}

// Run verifies and says what the receipt proves.
func (c *receiptVerifyCmd) Run(_ context.Context, s streams) error {
	keys, err := publicKeys(c.Key)
	if err != nil {
		return err
	}
	r, err := readReceipt(c.File)
	if err != nil {
		return err
	}
	statement, err := r.Verify(keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "carrier      %s\nasked        %s\ndata as of   %s\npassengers   %d\nsigned by    %s\n",
		statement.Carrier, statement.Asked.Format(time.RFC3339Nano), statement.AsOf.Format(time.RFC3339Nano), statement.Passengers, statement.Key)
	for i, a := range statement.Answers {
		fmt.Fprintf(s.out, "passenger %-3d %s\n", statement.First+i, a)
	}
	if c.Flight != "" {
		b, err := os.ReadFile(c.Flight)
		if err != nil {
			return err
		}
		f, err := carrier.ReadFlight(b, time.Now())
		if err == nil {
			err = r.ProvesFlight(f)
		}
		if err != nil {
			return fmt.Errorf("the receipt verifies, and not for this question: %w", err)
		}
		fmt.Fprintln(s.out, "question     it is what the receipt answers")
	}
	fmt.Fprintln(s.out, "verdict      the receipt verifies")
	return nil
}

type receiptShowCmd struct {
	File      string `arg:"" type:"existingfile" help:"Receipt of a flight, or answer with one, as JSON."`
	Passenger int    `required:"" help:"Place of the passenger, counted from 0."`
	NoSalt    bool   `help:"Leave the salt out: the answer is shown, and not about whom it is."`
}

// Run prints a receipt with one leaf.
func (c *receiptShowCmd) Run(_ context.Context, s streams) error {
	r, err := readReceipt(c.File)
	if err != nil {
		return err
	}
	one, err := r.Only(c.Passenger)
	if err != nil {
		return err
	}
	if c.NoSalt {
		one.Leaves[0].Salt = ""
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	return enc.Encode(one)
}

type receiptRotateCmd struct {
	Data string `default:"limen-carriers" env:"LIMEN_CARRIERS_DATA" type:"path" help:"Directory of the keys of the carriers' service."`
}

// Run adds a key; the running service signs with it from its next start on.
func (c *receiptRotateCmd) Run(_ context.Context, s streams) error {
	key, err := carrier.RotateReceiptKeys(house.ReceiptKeyFile(c.Data), time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Key %s signs from the next start of the service on. Public key:\n%s\n", key.ID, key.Public)
	return nil
}

// publicKeys reads keys from the argument itself or from a file.
func publicKeys(text string) ([]carrier.PublicKey, error) {
	if b, err := os.ReadFile(text); err == nil {
		text = string(b)
	}
	return carrier.ReadPublicKeys(text)
}

// readReceipt reads a receipt, or the answer that it came with.
func readReceipt(path string) (carrier.Receipt, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return carrier.Receipt{}, err
	}
	var whole struct {
		Receipt json.RawMessage `json:"receipt"`
	}
	if json.Unmarshal(b, &whole) == nil && len(whole.Receipt) > 0 {
		b = whole.Receipt
	}
	return carrier.ReadAnswer(b)
}
