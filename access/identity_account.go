package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"limen/db"
	"limen/law"
)

// The acts of this file come in two forms. Those that take a context are for
// the house itself, at the first start and on its own command line; they log
// the act under commandLine. Those that take a Pass are for an administrator
// behind the door, and Run logs them.

// commandLine is whoever has the machine's own command line.
var commandLine = Principal{Officer: "command_line", Channel: "local",
	Authority: Authority{Kind: Administrator, State: "EUE", Name: "Command line of the house"}}

// NewAccount is what an account is made of. There is no default password.
type NewAccount struct {
	User      string // 2 to 64 of a-z, 0-9, dot, underscore, hyphen
	Role      Role
	Authority Authority // its Kind may be empty: the role fixes it
	Password  string

	hash string // of the password, once prepared
}

var userPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]$`)

// validUser tells whether an account may have this name. Two names mean
// somebody else in the log.
func validUser(user string) bool {
	return userPattern.MatchString(user) && user != "unknown" && user != string(commandLine.Officer)
}

var statePattern = regexp.MustCompile(`^[A-Z]{1,3}$`)

// Prepare checks n and hashes its password, which takes tens of milliseconds.
// Done before the door, it spares the store's writer the wait; CreateAccount
// does it otherwise. Refusals name the field.
func (i *Identities) Prepare(ctx context.Context, n NewAccount) (NewAccount, error) {
	n.User = userName(n.User)
	if !validUser(n.User) {
		return n, law.BadField("user", "user_invalid", staffCite,
			"A user name has 2 to 64 small letters, digits, dots, underscores and hyphens, and begins and ends with a letter or digit.")
	}
	kind := RoleKind(n.Role)
	if kind == "" {
		return n, law.BadField("role", "role_unknown", staffCite, "There is no such role.")
	}
	if n.Authority.Kind == "" {
		n.Authority.Kind = kind
	}
	if n.Authority.Kind != kind {
		return n, law.BadField("authority.kind", "role_of_other_authority", staffCite,
			"A person of this role belongs to another kind of authority.", "role", string(n.Role), "kind", string(kind))
	}
	if err := checkAuthority(n.Authority); err != nil {
		return n, err
	}
	if n.hash != "" && n.Password == "" {
		return n, nil
	}
	if err := checkPassword(n.User, n.Password); err != nil {
		return n, err
	}
	hash, err := i.hasher.hash(ctx, n.Password)
	n.hash, n.Password = hash, ""
	return n, err
}

func checkAuthority(a Authority) error {
	switch {
	case !slices.Contains(Kinds, a.Kind) || a.Kind == Duty:
		return law.BadField("authority.kind", "authority_kind_unknown", staffCite, "There is no such kind of authority.")
	case !statePattern.MatchString(a.State):
		return law.BadField("authority.state", "state_invalid", staffCite, "A state is one to three capital letters, as in the machine readable zone.")
	case !shortText(a.Name, 200):
		return law.BadField("authority.name", "authority_name_invalid", staffCite, "An authority's name has 1 to 200 characters.")
	}
	return nil
}

// shortText tells whether s is 1 to most printable characters.
func shortText(s string, most int) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return false
		}
	}
	return true
}

// Create makes an account for the house itself, and the secret of its
// one-time codes, which is shown this once. Refusals: those of Prepare and
// "account_exists".
func (i *Identities) Create(ctx context.Context, n NewAccount) (Account, TOTPEnrolment, error) {
	n, err := i.Prepare(ctx, n)
	if err != nil {
		return Account{}, TOTPEnrolment{}, err
	}
	shown, sealed := i.enrol(n.User)
	var a Account
	err = i.store.Write(ctx, func(tx *db.Tx) (err error) {
		if a, err = insertAccount(tx, n, sealed); err != nil {
			return err
		}
		return i.append(tx, event{op: OpCreateAccount, who: commandLine, account: n.User})
	})
	if err != nil {
		return Account{}, TOTPEnrolment{}, err
	}
	i.forget(n.User)
	return a, shown, nil
}

// CreateAccount is Create for an administrator, by a pass for OpCreateAccount.
func (i *Identities) CreateAccount(p Pass, n NewAccount) (Account, TOTPEnrolment, error) {
	tx, err := p.through(OpCreateAccount, userName(n.User))
	if err != nil {
		return Account{}, TOTPEnrolment{}, err
	}
	if n, err = i.Prepare(tx.Context(), n); err != nil {
		return Account{}, TOTPEnrolment{}, err
	}
	shown, sealed := i.enrol(n.User)
	a, err := insertAccount(tx, n, sealed)
	if err != nil {
		return Account{}, TOTPEnrolment{}, err
	}
	i.forget(n.User)
	return a, shown, nil
}

// through returns the transaction of a pass that was given for op, and puts
// what the act concerns into its log entry.
func (p Pass) through(op Op, concerns string) (*db.Tx, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if got := p.Grant().Op; got != op {
		return nil, fmt.Errorf("access: a pass for %s does not serve %s", got, op)
	}
	if concerns != "" {
		if err := p.Search(ByAccount, concerns); err != nil {
			return nil, err
		}
	}
	return tx, nil
}

func insertAccount(tx *db.Tx, n NewAccount, totp []byte) (Account, error) {
	var handle [32]byte
	rand.Read(handle[:])
	now := tx.Now().UnixMicro()
	rows, err := tx.Exec(`INSERT INTO access_account (user_name, role, kind, state, authority, password, totp, totp_step, handle, disabled, post, created_at, secrets_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, '', $10, $10) ON CONFLICT (user_name) DO NOTHING`,
		n.User, string(n.Role), string(n.Authority.Kind), n.Authority.State, n.Authority.Name, n.hash, totp, handle[:], false, now)
	if err != nil {
		return Account{}, err
	}
	if rows == 0 {
		refusal := law.Refuse(law.Conflict, "account_exists", staffCite, "There is an account of this name already.")
		refusal.Field = "user"
		return Account{}, refusal
	}
	r, err := existing(tx, n.User)
	return r.Account, err
}

// Accounts lists every account by name, for the house itself.
func (i *Identities) Accounts(ctx context.Context) (list []Account, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = accountsOf(tx)
		return err
	})
	return list, err
}

// ListAccounts is Accounts by a pass for OpListAccounts.
func (i *Identities) ListAccounts(p Pass) ([]Account, error) {
	tx, err := p.through(OpListAccounts, "")
	if err != nil {
		return nil, err
	}
	return accountsOf(tx)
}

// AccountsOf lists the accounts of one authority: by any pass of that authority
// itself, or by one for OpListAccounts.
func (i *Identities) AccountsOf(p Pass, a Authority) ([]Account, error) {
	tx, err := p.ofAuthority(OpListAccounts, a)
	if err != nil {
		return nil, err
	}
	return accountsOf(tx, a)
}

// ofAuthority returns the transaction of a pass that may see what belongs to an
// authority.
func (p Pass) ofAuthority(op Op, a Authority) (*db.Tx, error) {
	if p.passage != nil && p.Principal().Authority == a {
		return p.Tx()
	}
	return p.through(op, "")
}

// accountsOf reads the accounts, all of them or those of one authority.
func accountsOf(tx *db.Tx, only ...Authority) ([]Account, error) {
	query, args := `SELECT `+accountColumns+` FROM access_account`, []any{}
	if len(only) > 0 {
		query, args = query+` WHERE kind = $1 AND state = $2 AND authority = $3`, []any{string(only[0].Kind), only[0].State, only[0].Name}
	}
	rows, err := tx.Query(query+` ORDER BY user_name`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Account{}
	for rows.Next() {
		var r accountRow
		if err := r.scan(rows.Scan); err != nil {
			return nil, err
		}
		list = append(list, r.Account)
	}
	return list, rows.Err()
}

// Disable closes an account: its sessions, tokens and sign-ins under way are
// refused within a second. Its rows stay, because the log names it. Refusal:
// "account_unknown".
func (i *Identities) Disable(ctx context.Context, user string) error {
	return i.setDisabled(ctx, user, true)
}

// Enable opens an account again.
func (i *Identities) Enable(ctx context.Context, user string) error {
	return i.setDisabled(ctx, user, false)
}

func (i *Identities) setDisabled(ctx context.Context, user string, disabled bool) error {
	op := OpEnableAccount
	if disabled {
		op = OpDisableAccount
	}
	return i.change(ctx, op, user, func(tx *db.Tx) error { return writeDisabled(tx, user, disabled) })
}

// DisableAccount is Disable for an administrator, by a pass for
// OpDisableAccount. Nobody disables the account they act with ("own_account").
func (i *Identities) DisableAccount(p Pass, user string) error {
	return i.changeBy(p, OpDisableAccount, user, func(tx *db.Tx) error {
		if string(p.Principal().Officer) == user {
			return law.Refuse(law.Conflict, "own_account", staffCite, "You are using this account. Another administrator can disable it.")
		}
		return writeDisabled(tx, user, true)
	})
}

// EnableAccount is Enable for an administrator, by a pass for OpEnableAccount.
func (i *Identities) EnableAccount(p Pass, user string) error {
	return i.changeBy(p, OpEnableAccount, user, func(tx *db.Tx) error { return writeDisabled(tx, user, false) })
}

func writeDisabled(tx *db.Tx, user string, disabled bool) error {
	if _, err := existing(tx, user); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE access_account SET disabled = $1 WHERE user_name = $2`, disabled, user); err != nil {
		return err
	}
	return dropSignIns(tx, user)
}

// dropSignIns ends what user has begun and not finished: a sign-in with the old
// password or for the old device leads nowhere. Both tables hold minutes only.
func dropSignIns(tx *db.Tx, user string) error {
	if _, err := tx.Exec(`DELETE FROM access_pending WHERE user_name = $1`, user); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM access_ceremony WHERE user_name = $1`, user)
	return err
}

// change carries out an act of the house itself and logs it.
func (i *Identities) change(ctx context.Context, op Op, user string, fn func(*db.Tx) error) error {
	err := i.store.Write(ctx, func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return i.append(tx, event{op: op, who: commandLine, account: user})
	})
	i.forget(user)
	return err
}

// changeBy carries out an administrator's act; Run logs it. The caches forget
// before the commit; what is read in between is a second old at most.
func (i *Identities) changeBy(p Pass, op Op, concerns string, fn func(*db.Tx) error) error {
	tx, err := p.through(op, concerns)
	if err != nil {
		return err
	}
	defer i.forget(concerns)
	return fn(tx)
}

// SetPassword replaces a password for the house itself. Sessions signed in
// before are over (Account.SecretsAt). Refusals: those of the password rules,
// "account_unknown".
func (i *Identities) SetPassword(ctx context.Context, user, password string) error {
	hash, err := i.preparePassword(ctx, user, password)
	if err != nil {
		return err
	}
	return i.change(ctx, OpSetPassword, user, func(tx *db.Tx) error { return writePassword(tx, user, hash) })
}

// SetAccountPassword is SetPassword for an administrator, by a pass for OpSetPassword.
func (i *Identities) SetAccountPassword(p Pass, user, password string) error {
	return i.changeBy(p, OpSetPassword, user, func(tx *db.Tx) error {
		hash, err := i.preparePassword(tx.Context(), user, password)
		if err != nil {
			return err
		}
		return writePassword(tx, user, hash)
	})
}

// ChangePassword is for the account's holder, who is signed in and gives the
// old password once more. Refusals: those of CheckPassword and of the password
// rules.
func (i *Identities) ChangePassword(ctx context.Context, user, old, password, remote string) error {
	remote = placeOf(remote)
	if err := checkPassword(user, password); err != nil {
		return err
	}
	a, wait := i.throttle.try(i.store.Now(), firstFactor(user, remote))
	if wait > 0 {
		return i.refuse(ctx, tooMany(wait), event{op: OpSetPassword, account: user, remote: remote})
	}
	r, ok, _, err := i.firstFactor(ctx, user, old)
	if err != nil {
		a.abandoned()
		return err
	}
	e := event{op: OpSetPassword, who: r.Principal("session"), account: r.User, remote: remote}
	if !ok {
		a.failed(i.store.Now())
		return i.refuse(ctx, signInRefused(), e)
	}
	a.passed()
	hash, err := i.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	defer i.forget(user)
	return i.store.Write(ctx, func(tx *db.Tx) error {
		if err := writePassword(tx, user, hash); err != nil {
			return err
		}
		return i.append(tx, e)
	})
}

func (i *Identities) preparePassword(ctx context.Context, user, password string) (string, error) {
	if err := checkPassword(user, password); err != nil {
		return "", err
	}
	return i.hasher.hash(ctx, password)
}

func writePassword(tx *db.Tx, user, hash string) error {
	if err := dropSignIns(tx, user); err != nil {
		return err
	}
	return oneAccount(tx.Exec(`UPDATE access_account SET password = $1, secrets_at = $2 WHERE user_name = $3`,
		hash, tx.Now().UnixMicro(), user))
}

// oneAccount refuses with "account_unknown" when a change met no account.
func oneAccount(rows int64, err error) error {
	if err == nil && rows == 0 {
		err = law.Refuse(law.NotFound, "account_unknown", staffCite, "There is no account of this name.")
	}
	return err
}

// EnrolTOTP is ResetTOTP for the house itself.
func (i *Identities) EnrolTOTP(ctx context.Context, user string) (TOTPEnrolment, error) {
	shown, sealed := i.enrol(user)
	err := i.change(ctx, OpResetTOTP, user, func(tx *db.Tx) error { return writeTOTP(tx, user, sealed) })
	if err != nil {
		return TOTPEnrolment{}, err
	}
	return shown, nil
}

// ResetTOTP makes a new one-time code secret for somebody who lost the device,
// by a pass for OpResetTOTP. The passkeys of the account go with the old
// secret, and its sessions are over.
func (i *Identities) ResetTOTP(p Pass, user string) (TOTPEnrolment, error) {
	shown, sealed := i.enrol(user)
	err := i.changeBy(p, OpResetTOTP, user, func(tx *db.Tx) error { return writeTOTP(tx, user, sealed) })
	if err != nil {
		return TOTPEnrolment{}, err
	}
	return shown, nil
}

func writeTOTP(tx *db.Tx, user string, sealed []byte) error {
	if _, err := tx.Exec(`DELETE FROM access_passkey WHERE user_name = $1`, user); err != nil {
		return err
	}
	if err := dropSignIns(tx, user); err != nil {
		return err
	}
	// The step of the last code stays: time only moves on.
	return oneAccount(tx.Exec(`UPDATE access_account SET totp = $1, secrets_at = $2 WHERE user_name = $3`,
		sealed, tx.Now().UnixMicro(), user))
}
