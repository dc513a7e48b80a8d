package access

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"limen/db"
	"limen/law"
	"limen/ledger"
)

// staffCite is where the act asks for individual and unique user identities
// and confidential access modes, and for a record of who used them.
const staffCite law.Citation = "2017/2226 art 43(2)"

// Role is what a person does. It fixes the kind of authority the person's
// account belongs to, and through it what the door opens.
type Role string

// The roles of people, and of the machines that sign in like them. Authorities without a role here (the ETIAS Central
// System, Europol's unit and access point, the police through the identity repository)
// come with a certificate.
const (
	BorderGuard         Role = "border_guard"
	KioskMachine        Role = "kiosk"
	ImmigrationOfficer  Role = "immigration_officer"
	VisaOfficer         Role = "visa_officer"
	FacilitationOfficer Role = "facilitation_officer"
	EtiasOfficer        Role = "etias_officer"
	ScreeningOfficer    Role = "screening_officer"
	UnitOfficer         Role = "operating_unit"
	AccessPointOfficer  Role = "central_access_point"
	NationalUnitOfficer Role = "europol_national"
	CarrierAgent        Role = "carrier"
	SupervisorOfficer   Role = "supervisor"
	AdministratorRole   Role = "administrator"
	Statistician        Role = "statistician"
	FrontexAnalyst      Role = "frontex_analyst"
)

// Roles lists every role.
var Roles = []Role{BorderGuard, KioskMachine, ImmigrationOfficer, VisaOfficer, FacilitationOfficer, EtiasOfficer, ScreeningOfficer,
	UnitOfficer, AccessPointOfficer, NationalUnitOfficer, CarrierAgent, SupervisorOfficer, AdministratorRole, Statistician, FrontexAnalyst}

// RoleKind returns the kind of authority that people of this role belong to,
// and "" for an unknown role.
func RoleKind(role Role) Kind {
	switch role {
	case BorderGuard:
		return Border
	case KioskMachine:
		return Kiosk
	case ImmigrationOfficer:
		return Immigration
	case VisaOfficer:
		return Visa
	case FacilitationOfficer:
		return Facilitation
	case EtiasOfficer:
		return EtiasNational
	case ScreeningOfficer:
		return Screening
	case UnitOfficer:
		return OperatingUnit
	case AccessPointOfficer:
		return CentralAccessPoint
	case NationalUnitOfficer:
		return EuropolNational
	case CarrierAgent:
		return Carrier
	case SupervisorOfficer:
		return Supervisor
	case AdministratorRole:
		return Administrator
	case Statistician:
		return Statistics
	case FrontexAnalyst:
		return Frontex
	}
	return ""
}

// IdentityOptions of OpenIdentities.
type IdentityOptions struct {
	Issuer      string        // shown by authenticator apps; "" is "Limen"
	RPID        string        // domain that passkeys are bound to; "" turns passkeys off
	Origins     []string      // origins of the pages that use them: "https://limen.example"
	Secret      []byte        // 32 bytes that seal the TOTP secrets; the house keeps them in a key file
	Demo        bool          // DemoCode answers
	IdleTimeout time.Duration // a session unused for this long has ended; 0 is 30 minutes
	Lifetime    time.Duration // a session this old has ended; 0 is 12 hours
}

// Identities knows who stands at the door: people, scripts and systems. It is
// safe for concurrent use. Several processes may share one database; the
// counts of failed attempts are each process's own (see throttle).
type Identities struct {
	store   *db.Store
	log     *ledger.Log
	o       IdentityOptions
	seal    sealer
	hasher  *hasher
	passkey *webauthn.WebAuthn // nil when passkeys are off

	throttle *throttle
	refusals *refusals
	accounts *cache[string, standing]
	tokens   *cache[string, tokenRow]
	certs    *cache[string, Certificate]
}

// OpenIdentities needs the migrated tables of Schema. It fails on a secret
// that is not 32 bytes long and on a domain or origin that browsers would not
// accept for passkeys.
func OpenIdentities(store *db.Store, log *ledger.Log, o IdentityOptions) (*Identities, error) {
	if o.Issuer == "" {
		o.Issuer = "Limen"
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = 30 * time.Minute
	}
	if o.Lifetime <= 0 {
		o.Lifetime = 12 * time.Hour
	}
	if len(o.Secret) != 32 {
		return nil, fmt.Errorf("access: the identities' secret has %d bytes instead of 32", len(o.Secret))
	}
	// One key per use, so that a second use of the secret never meets the first.
	key, err := hkdf.Key(sha256.New, o.Secret, nil, "limen access totp 1", 32)
	if err != nil {
		return nil, fmt.Errorf("access: the identities' secret: %w", err)
	}
	o.Secret = nil
	i := &Identities{
		store: store, log: log, o: o,
		hasher:   newHasher(presentCost),
		throttle: newThrottle(throttleKeys),
		refusals: newRefusals(refusalRemotes),
		accounts: newCache[string, standing](4096),
		tokens:   newCache[string, tokenRow](4096),
		certs:    newCache[string, Certificate](4096),
	}
	if i.seal, err = newSealer(key); err != nil {
		return nil, err
	}
	if o.RPID != "" {
		if i.passkey, err = newPasskeys(o); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// IdleTimeout returns how long a session may rest before it ends.
func (i *Identities) IdleTimeout() time.Duration { return i.o.IdleTimeout }

// Lifetime returns how old a session may become.
func (i *Identities) Lifetime() time.Duration { return i.o.Lifetime }

// Account is a person's account. It carries no secret.
type Account struct {
	User      string
	Role      Role
	Authority Authority
	Officer   Officer
	Disabled  bool
	HasTOTP   bool
	Passkeys  int
	CreatedAt time.Time
	// SecretsAt is when the password or the second factor was last replaced by
	// somebody: a session signed in before this moment is over.
	SecretsAt time.Time
	Post      string // crossing point chosen last, may be ""
}

// Principal returns the account's holder as somebody at the door.
func (a Account) Principal(channel string) Principal {
	return Principal{Officer: a.Officer, Authority: a.Authority, Channel: channel}
}

// accountRow is an account with its secrets.
type accountRow struct {
	Account
	password string
	totp     []byte // sealed
	totpStep int64  // of the last code accepted
	handle   []byte // random user handle of the passkeys
}

const accountColumns = `user_name, role, kind, state, authority, password, totp, totp_step, handle, disabled, post,
	created_at, secrets_at, (SELECT count(*) FROM access_passkey p WHERE p.user_name = access_account.user_name)`

func (r *accountRow) scan(scan func(...any) error) error {
	var created, secrets int64
	err := scan(&r.User, &r.Role, &r.Authority.Kind, &r.Authority.State, &r.Authority.Name, &r.password, &r.totp,
		&r.totpStep, &r.handle, &r.Disabled, &r.Post, &created, &secrets, &r.Passkeys)
	r.Officer = Officer(r.User)
	r.HasTOTP = len(r.totp) > 0
	r.CreatedAt, r.SecretsAt = moment(created), moment(secrets)
	return err
}

// accountOf reads one account; found is false when there is none.
func accountOf(tx *db.Tx, user string) (r accountRow, found bool, err error) {
	err = r.scan(tx.Row(`SELECT `+accountColumns+` FROM access_account WHERE user_name = $1`, user).Scan)
	if errors.Is(err, db.ErrNoRows) {
		return accountRow{}, false, nil
	}
	return r, err == nil, err
}

// standing is an account as the cache keeps it.
type standing struct {
	account Account
	found   bool
}

// PrincipalOf returns who stands at the door with a session of user's. It
// refuses with "signed_out" when the account is gone or disabled. The account
// is at most one second old.
func (i *Identities) PrincipalOf(ctx context.Context, user string) (Principal, Account, error) {
	now := i.store.Now()
	s, ok := i.accounts.get(user, now)
	if !ok {
		err := i.store.Read(ctx, func(tx *db.Tx) error {
			r, found, err := accountOf(tx, user)
			s = standing{r.Account, found}
			return err
		})
		if err != nil {
			return Principal{}, Account{}, fmt.Errorf("access: account: %w", err)
		}
		i.accounts.put(user, s, now)
	}
	if !s.found || s.account.Disabled {
		return Principal{}, Account{}, law.Refuse(law.Unauthenticated, "signed_out", staffCite, "Your session has ended. Sign in again.")
	}
	return s.account.Principal("session"), s.account, nil
}

// ChoosePost remembers the crossing point that user works at now.
func (i *Identities) ChoosePost(ctx context.Context, user, post string) error {
	if len(post) > 64 {
		return law.BadField("post", "post_invalid", staffCite, "A crossing point's code has at most 64 characters.")
	}
	defer i.accounts.drop(user)
	return i.store.Write(ctx, func(tx *db.Tx) error {
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE access_account SET post = $1 WHERE user_name = $2`, post, user); err != nil {
			return err
		}
		return i.append(tx, event{op: OpChoosePost, who: r.Principal("session"), account: user})
	})
}

// existing reads an account or refuses with "account_unknown".
func existing(tx *db.Tx, user string) (accountRow, error) {
	r, found, err := accountOf(tx, user)
	if err == nil && !found {
		err = law.Refuse(law.NotFound, "account_unknown", staffCite, "There is no account of this name.")
	}
	return r, err
}

// forget drops what the caches hold about user.
func (i *Identities) forget(user string) {
	i.accounts.drop(user)
	i.tokens.clear() // by identifier; those of user are among them
}

const (
	purgeStep  = 500 // rows of one transaction
	purgeSteps = 20  // transactions for each table
)

// Purge removes what has ended: sessions, sign-ins and passkey ceremonies past
// their time, tokens expired or revoked more than 90 days ago; and it writes
// the counts of refusals that were not logged one by one. It removes at most
// 10,000 rows of each table, in steps of 500, so that no writer waits long. It
// returns how many rows went. The house calls it about once a minute.
func (i *Identities) Purge(ctx context.Context) (int, error) {
	removed := 0
	for _, q := range []struct {
		table, key, due string
		keep            time.Duration
	}{
		{"access_session", "token", "expires_at", 0},
		{"access_pending", "hash", "expires_at", 0},
		{"access_ceremony", "user_name", "expires_at", 0},
		{"access_token", "id", "expires_at", 90 * 24 * time.Hour},
	} {
		statement := fmt.Sprintf(`DELETE FROM %[1]s WHERE %[2]s IN (SELECT %[2]s FROM %[1]s WHERE %[3]s <= $1 ORDER BY %[3]s LIMIT %[4]d)`,
			q.table, q.key, q.due, purgeStep)
		for range purgeSteps {
			var n int64
			err := i.store.Reclaim(ctx, func(tx *db.Tx) (err error) {
				n, err = tx.Exec(statement, tx.Now().Add(-q.keep).UnixMicro())
				return err
			})
			if err != nil {
				return removed, fmt.Errorf("access: purge of %s: %w", q.table, err)
			}
			removed += int(n)
			if n < purgeStep {
				break
			}
		}
	}
	now := i.store.Now()
	i.throttle.sweep(now)
	return removed, i.appendTallies(ctx, i.refusals.due(now))
}

func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}
