package desk

import (
	"net/http"
	"strings"

	"limen/access"
	"limen/ees"
	"limen/person"
	"limen/web"
)

// kioskPage is one step of self-service: one thing a page.
type kioskPage struct {
	Page      string // start, face, fingerprints, question, review, booth, guard
	Lang      string
	Words     map[string]string
	Languages []language
	View      ees.KioskView
	Question  string
	Choices   []web.Option
	Square    square // the traveller's code, for the scanner of the booth
}

type language struct {
	Code, Name string
	Current    bool
}

func (d *Desk) kioskPages(m *web.Mux) {
	m.Page("GET /ees/kiosk", d.kioskStart)
	m.Page("POST /ees/kiosk", d.kioskBegin)
	m.Page("POST /ees/kiosk/step", d.kioskStep)
	m.Page("POST /ees/kiosk/resume", d.kioskResume)
}

// kioskView is the page in the traveller's language.
func kioskView(r *http.Request, page string) kioskPage {
	lang := r.FormValue("lang")
	if _, ok := kioskWords[lang]; !ok {
		lang = kioskLanguages[0].Code
	}
	p := kioskPage{Page: page, Lang: lang, Words: kioskWords[lang]}
	for _, l := range kioskLanguages {
		l.Current = l.Code == lang
		p.Languages = append(p.Languages, l)
	}
	return p
}

// show renders the step that comes next for this pre-enrolment.
func (d *Desk) showKiosk(w http.ResponseWriter, r *http.Request, v ees.KioskView) error {
	p := kioskView(r, kioskNext(v))
	p.View = v
	if p.Page == "booth" {
		var err error
		if p.Square, err = codeSquare(v.Code); err != nil {
			return err
		}
	}
	if p.Page == "question" {
		p.Question = v.Questions[0].Code
		for _, choice := range kioskChoices[p.Question] {
			p.Choices = append(p.Choices, web.Option{Value: choice, Label: p.Words[choice]})
		}
	}
	return d.pages.kiosk.Render(w, r, p)
}

// kioskNext is the page that comes next.
func kioskNext(v ees.KioskView) string {
	b := v.Biometrics
	switch {
	case v.Status != ees.KioskStarted:
		return "booth"
	case b == nil || b.Face == "":
		return "face"
	case b.Fingerprints == "" && contains(v.ToTake, "fingerprints"):
		return "fingerprints"
	case len(v.Questions) > 0:
		return "question"
	}
	return "review"
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

func (d *Desk) kioskStart(w http.ResponseWriter, r *http.Request) error {
	return d.pages.kiosk.Render(w, r, kioskView(r, "start"))
}

// toGuard tells the traveller to see a guard. Why is in the log and in no sight
// of others.
func (d *Desk) toGuard(w http.ResponseWriter, r *http.Request, err error) error {
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.pages.kiosk.RenderStatus(w, r, problem.Status, kioskView(r, "guard"))
}

func (d *Desk) kioskBegin(w http.ResponseWriter, r *http.Request) error {
	req := ees.PreEnrolRequest{Kiosk: "page"}
	if account, ok := web.AccountFrom(r.Context()); ok {
		req.Kiosk = account.User
	}
	req.Direction, req.CrossingPoint, req.MRZ = ees.Direction(r.PostFormValue("direction")), web.PostFrom(r.Context()), person.CleanMRZ(r.PostFormValue("mrz"))
	if certificates := r.PostFormValue("chip.certificates"); certificates != "" {
		req.Chip = &ees.Chip{Certificates: certificates, FaceRead: r.PostFormValue("chip.face_read") == "yes"}
	}
	v, err := through(r.Context(), d, web.Ground{}, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) { return d.Register.PreEnrol(p, req) })
	if err != nil {
		return d.toGuard(w, r, err)
	}
	return d.showKiosk(w, r, v.Body)
}

func (d *Desk) kioskStep(w http.ResponseWriter, r *http.Request) error {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req := ees.KioskStepRequest{Finish: v("finish") != ""}
	_, faceAsked := r.PostForm["biometrics.face"]
	_, fingersAsked := r.PostForm["biometrics.fingerprints"]
	switch {
	case faceAsked:
		req.Biometrics = &ees.Biometrics{Face: or(v("biometrics.face"), "not_taken"), ChipMatched: v("biometrics.chip_matched")}
	case fingersAsked:
		req.Biometrics = &ees.Biometrics{Fingerprints: or(v("biometrics.fingerprints"), "not_taken")}
	case v("answer") != "":
		req.Answers = []ees.KioskAnswer{{Question: v("question"), Answer: v("answer")}}
	}
	out, err := through(r.Context(), d, web.Ground{}, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) {
		for kind, name := range map[ees.SampleKind]string{ees.FaceSample: "sample.face", ees.FingersSample: "sample.fingerprints"} {
			if ref := v(name); ref != "" {
				req.Samples = []ees.SampleRef{{Kind: kind, Ref: ref, TakenAt: p.Now()}}
			}
		}
		return d.Register.ContinuePreEnrolment(p, v("code"), 0, req)
	})
	if err != nil {
		return d.toGuard(w, r, err)
	}
	return d.showKiosk(w, r, out.Body)
}

func (d *Desk) kioskResume(w http.ResponseWriter, r *http.Request) error {
	out, err := through(r.Context(), d, web.Ground{}, ees.OpReadPreEnrol, func(p access.Pass) (ees.KioskView, error) {
		return d.Register.ReadPreEnrolment(p, r.PostFormValue("code"))
	})
	if err != nil {
		return d.toGuard(w, r, err)
	}
	return d.showKiosk(w, r, out.Body)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// kioskLanguages lists the languages of the kiosk; the first is its own.
var kioskLanguages = []language{{Code: "en", Name: "English"}, {Code: "fr", Name: "Français"}}

// kioskChoices are the answers that a page offers to a question.
var kioskChoices = map[string][]string{
	"purpose":        {"tourism", "family_visit", "business", "transit", "something_else"},
	"accommodation":  {"hotel", "with_people", "something_else"},
	"means":          {"card", "cash", "paid_by_others", "something_else"},
	"return_journey": {"ticket", "no_ticket"},
}

// kioskWords are the words of the kiosk's pages by language: a further language
// is one more entry here and above. A test holds that each has every word.
var kioskWords = map[string]map[string]string{
	"en": {
		"title": "Border check", "start": "Prepare your border check here", "start_text": "Have your passport ready. It takes about two minutes. A border guard then completes the check.",
		"document": "Put your passport on the reader", "direction": "Are you arriving or leaving?", "entry": "Arriving", "exit": "Leaving", "begin": "Start", "language": "Language",
		"resume": "I was interrupted and have a code", "code": "Your code", "go_on": "Continue",
		"face": "Look at the camera", "face_text": "Take off hat, mask and dark glasses. Your face is compared with the picture in your passport.",
		"fingers": "Put four fingers of your right hand on the glass", "fingers_text": "Keep them still until the light goes green. If your right hand cannot be used, take the left.",
		"purpose": "Why are you travelling?", "accommodation": "Where will you stay?", "means": "How do you pay for your stay?", "return_journey": "Do you have a ticket to leave again?",
		"tourism": "Holiday", "family_visit": "Visiting family or friends", "business": "Business", "transit": "Travelling on", "something_else": "Something else",
		"hotel": "Hotel or rented place", "with_people": "With family or friends", "card": "Bank card", "cash": "Cash", "paid_by_others": "Somebody else pays", "ticket": "Yes", "no_ticket": "Not yet",
		"review": "Is this you?", "review_yes": "Yes, I am done", "review_no": "If not, tell the border guard.",
		"booth": "Go to a border guard now", "booth_text": "Show your passport and this code. The guard already has what you entered here.",
		"guard": "Please go to a border guard", "guard_text": "We cannot do this here. It does not mean that anything is wrong. A guard will help you.",
		"leave": "Stop and start again", "still_there": "Are you still there?", "more_time": "I need more time",
	},
	"fr": {
		"title": "Contrôle à la frontière", "start": "Préparez ici votre contrôle à la frontière", "start_text": "Préparez votre passeport. Cela prend environ deux minutes. Un garde-frontière termine ensuite le contrôle.",
		"document": "Posez votre passeport sur le lecteur", "direction": "Arrivez-vous ou partez-vous ?", "entry": "J’arrive", "exit": "Je pars", "begin": "Commencer", "language": "Langue",
		"resume": "J’ai été interrompu et j’ai un code", "code": "Votre code", "go_on": "Continuer",
		"face": "Regardez la caméra", "face_text": "Enlevez chapeau, masque et lunettes noires. Votre visage est comparé avec la photo de votre passeport.",
		"fingers": "Posez quatre doigts de la main droite sur la vitre", "fingers_text": "Ne bougez pas avant le feu vert. Si la main droite ne peut pas servir, prenez la gauche.",
		"purpose": "Pourquoi voyagez-vous ?", "accommodation": "Où allez-vous loger ?", "means": "Comment payez-vous votre séjour ?", "return_journey": "Avez-vous un billet pour repartir ?",
		"tourism": "Vacances", "family_visit": "Visite à la famille ou à des amis", "business": "Affaires", "transit": "Je continue mon voyage", "something_else": "Autre chose",
		"hotel": "Hôtel ou location", "with_people": "Chez de la famille ou des amis", "card": "Carte bancaire", "cash": "Espèces", "paid_by_others": "Quelqu’un d’autre paie", "ticket": "Oui", "no_ticket": "Pas encore",
		"review": "Est-ce bien vous ?", "review_yes": "Oui, j’ai terminé", "review_no": "Sinon, dites-le au garde-frontière.",
		"booth": "Allez maintenant voir un garde-frontière", "booth_text": "Montrez votre passeport et ce code. Le garde a déjà ce que vous avez saisi ici.",
		"guard": "Allez voir un garde-frontière, s’il vous plaît", "guard_text": "Ce n’est pas possible ici. Cela ne veut pas dire qu’il y a un problème. Un garde va vous aider.",
		"leave": "Arrêter et recommencer", "still_there": "Êtes-vous toujours là ?", "more_time": "J’ai besoin de plus de temps",
	},
}
