package desk

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/law"
	"limen/web"
)

type stayInput struct {
	web.Ground
	from
	Body carrier.Stay
}

type flightInput struct {
	web.Ground
	Body carrier.Flight
}

type messageInput struct {
	web.Ground
	ContentType string `header:"Content-Type" doc:"application/xml, application/edifact or application/json."`
	Accept      string `header:"Accept" doc:"Form of the answer; left out, that of the question."`
	RawBody     []byte `contentType:"application/edifact"`
}

type messageOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

type registerInput struct {
	web.Ground
	from
	Body carrier.RegistrationRequest
}

type decideInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"40" doc:"Name of the registration."`
	Body carrier.Decision
}

type listInput struct {
	web.Ground
	Status string `query:"status" enum:"requested,admitted,turned_down,suspended,deregistered" doc:"One status only."`
	After  string `query:"after" maxLength:"40" doc:"Name of the last registration of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Registrations on a page."`
}

type certificateInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"40" doc:"Name of the registration."`
	Body struct {
		System      string `json:"system" maxLength:"100" doc:"Name of the carrier's system, as the log will give it."`
		Certificate string `json:"certificate" maxLength:"20000" doc:"The certificate in PEM."`
	}
}

type certificateOutput struct {
	Body struct {
		Fingerprint string    `json:"fingerprint" doc:"SHA-256 of the public key, hexadecimal."`
		NotAfter    time.Time `json:"not_after"`
	}
}

type accountInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"40" doc:"Name of the registration."`
	Body struct {
		User     string `json:"user" maxLength:"64" doc:"Name to sign in with."`
		Password string `json:"password" maxLength:"200" doc:"First password, at least 12 characters."`
	}
}

type accountOutput struct {
	Body struct {
		Enrol string `json:"enrol" doc:"Address that enrols an authenticator app. It is not shown again."`
	}
}

type answer[T any] struct{ Body T }

func answered[T any](v T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{v}, nil
}

const (
	tag      = "Carriers"
	register = law.Citation("2017/2226 art 13(3)")
	// maxMessage is the size of a flight of 1000 passengers with room to spare.
	maxMessage = 2 << 20
)

// API registers the operations under /api/carrier/v1 and /api/traveller/v1.
func (d *Desk) API(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/traveller/v1/stay", Tag: "Travellers", Op: carrier.OpAskStay, Article: "2017/2226 art 13(1)",
		Summary: "Ask about the own stay", Open: true,
		Description: "By document and dates, without names. The answer is OK, NOT OK or NOT AVAILABLE with the days left, and does not tell whether the document is known. Few questions are taken from one address and about one document."},
		func(ctx context.Context, in *stayInput) (*answer[carrier.StayAnswer], error) {
			return answered(d.Stay(ctx, in.Ground, in.address, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/flights", Tag: tag, Op: carrier.OpAsk, Article: "2017/2226 art 13(3)",
		Summary: "Verify the visas of passengers", MaxBody: maxMessage,
		Description: "One call for all passengers of a transport, at most 48 hours before departure. Each is answered OK, NOT OK or NOT APPLICABLE, and nothing more; the receipt proves what was asked and answered."},
		func(ctx context.Context, in *flightInput) (*answer[carrier.FlightAnswer], error) {
			return answered(d.Flight(ctx, in.Ground, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/messages", Tag: tag, Op: carrier.OpAsk, ID: "carrier.ask_by_message", Article: "2017/2226 art 13(3)",
		Summary: "Verify the visas of passengers by message", MaxBody: maxMessage,
		Description: "The same question as XML, as a PAXLST message in UN/EDIFACT, or as JSON; answered in the same form, or in the one that Accept names."}, d.message)
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/registrations", Tag: tag, Op: carrier.OpRequest, Article: register,
		Summary: "Ask for registration", Status: http.StatusCreated, Open: true,
		Description: "Anybody may ask; an administrator decides. A carrier whose registration has ended asks anew with its own account or certificate."},
		func(ctx context.Context, in *registerInput) (*answer[carrier.Registration], error) {
			return answered(d.Register(ctx, in.Ground, in.address, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/carrier/v1/registrations", Tag: tag, Op: carrier.OpList, Article: register,
		Summary: "List registrations", Description: "By name, a page at a time."},
		func(ctx context.Context, in *listInput) (*answer[registrations], error) {
			list, err := d.Registrations(ctx, in.Ground, carrier.Status(in.Status), in.After, in.Limit)
			return answered(registrations{list}, err)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/registrations/{id}/decision", Tag: tag, Op: carrier.OpDecide, Article: register,
		Summary: "Decide on a registration", Once: true, Description: "Admits, turns down, suspends, lifts a suspension or deregisters, with a reason."},
		func(ctx context.Context, in *decideInput) (*answer[carrier.Registration], error) {
			return answered(d.Decide(ctx, in.Ground, in.ID, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/registrations/{id}/certificates", Tag: tag, Op: access.OpAddCert, Article: register,
		Summary: "Register a carrier's certificate", Status: http.StatusCreated, Description: "The carrier's system then authenticates by mutual TLS."},
		func(ctx context.Context, in *certificateInput) (*certificateOutput, error) {
			c, err := d.AddCertificate(ctx, in.Ground, in.ID, in.Body.System, in.Body.Certificate)
			if err != nil {
				return nil, err
			}
			out := new(certificateOutput)
			out.Body.Fingerprint, out.Body.NotAfter = c.Fingerprint, c.NotAfter
			return out, nil
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/registrations/{id}/accounts", Tag: tag, Op: access.OpCreateAccount, Article: register,
		Summary: "Make an account of a carrier's agent", Status: http.StatusCreated, Description: "For those who ask in the browser, with password and second factor."},
		func(ctx context.Context, in *accountInput) (*accountOutput, error) {
			enrol, err := d.AddAccount(ctx, in.Ground, in.ID, in.Body.User, in.Body.Password)
			if err != nil {
				return nil, err
			}
			out := new(accountOutput)
			out.Body.Enrol = enrol
			return out, nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/carrier/v1/receipt-keys", Tag: tag, ID: "carrier.receipt_keys", Article: "2017/2226 art 13(3)",
		Summary: "Read the public keys of receipts", Open: true, Description: "With one of them the command 'limen receipt verify' checks a receipt offline. The same list stands at /.well-known/limen-receipt-keys."},
		func(context.Context, *struct{}) (*answer[carrier.PublicKeyList], error) {
			return answered(carrier.PublicKeyList{Keys: d.Copy.Receipts().Public()}, nil)
		})
	d.noticesAPI(m)
	d.Keys(m)
}

type registrations struct {
	Registrations []carrier.Registration `json:"registrations" nullable:"false"`
}

// The media types of a message.
const (
	typeJSON    = "application/json"
	typeXML     = "application/xml"
	typeEDIFACT = "application/edifact"
)

// message answers a question in the form that it came in.
func (d *Desk) message(ctx context.Context, in *messageInput) (*messageOutput, error) {
	form, _, err := mime.ParseMediaType(in.ContentType)
	if err != nil {
		form = ""
	}
	if form == "text/xml" {
		form = typeXML
	}
	// The answer's form is settled first: a question whose answer nobody can read
	// is not asked.
	reply, ok := accepted(in.Accept, form)
	if !ok {
		return nil, law.Refuse(law.BadInput, "media_type_unsupported", register,
			"Send a flight as application/xml, application/edifact or application/json; a PAXLST question alone can be answered in EDIFACT.")
	}
	f, interchange, err := d.readMessage(form, in.RawBody)
	if err != nil {
		return nil, err
	}
	out, err := d.Flight(ctx, in.Ground, f)
	if err != nil {
		return nil, err
	}
	written := &messageOutput{ContentType: reply}
	switch reply {
	case typeXML:
		written.Body, err = carrier.WriteXML(&out)
	case typeEDIFACT:
		written.Body = carrier.WriteCUSRES(&interchange, &out)
	default:
		written.Body, err = json.Marshal(out)
	}
	return written, err
}

// readMessage reads a question in one of the forms; the interchange is that of a
// question in EDIFACT.
func (d *Desk) readMessage(form string, body []byte) (f carrier.Flight, interchange carrier.Interchange, err error) {
	switch form {
	case typeXML:
		f, err = carrier.ReadXML(body)
	case typeEDIFACT:
		interchange, err = carrier.ReadPAXLST(body, d.Now())
		f = interchange.Flight
	default:
		f, err = carrier.ReadJSON(body)
	}
	return f, interchange, err
}

// accepted chooses the form of the answer: that of the question where the client
// takes it, else the first that it names.
func accepted(accept, form string) (string, bool) {
	if form != typeJSON && form != typeXML && form != typeEDIFACT {
		return "", false
	}
	var named []string
	for part := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(part)
		if err != nil || parameters["q"] == "0" {
			continue
		}
		if name == "text/xml" {
			name = typeXML
		}
		if name == form || name == "*/*" || name == "application/*" {
			return form, true
		}
		named = append(named, name)
	}
	if len(named) == 0 {
		return form, true
	}
	for _, name := range named {
		if name == typeJSON || name == typeXML || name == typeEDIFACT && form == typeEDIFACT {
			return name, true
		}
	}
	return "", false
}
