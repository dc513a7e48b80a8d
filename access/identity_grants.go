package access

import "limen/law"

// ByAccount is a search key of this room: the account, token or certificate
// that an act concerns. The log keeps it as a salted digest.
const ByAccount Key = "account"

// The operations of this room. Those without a grant below never pass the
// door: they happen in front of it, and the log names them.
const (
	OpCheckPassword Op = "access.check_password"
	OpSignIn        Op = "access.sign_in"
	OpSignOut       Op = "access.sign_out"
	OpLockOut       Op = "access.lock_out"
	OpCountRefusals Op = "access.count_refusals"
	OpUseToken      Op = "access.use_token"
	OpUseCert       Op = "access.use_certificate"
	OpChoosePost    Op = "access.choose_post"
	OpAddPasskey    Op = "access.add_passkey"
	OpRemovePasskey Op = "access.remove_passkey"

	OpCreateAccount  Op = "access.create_account"
	OpDisableAccount Op = "access.disable_account"
	OpEnableAccount  Op = "access.enable_account"
	OpSetPassword    Op = "access.set_password"
	OpResetTOTP      Op = "access.reset_totp"
	OpListAccounts   Op = "access.list_accounts"
	OpCreateToken    Op = "access.create_token"
	OpRevokeToken    Op = "access.revoke_token"
	OpListTokens     Op = "access.list_tokens"
	OpAddCert        Op = "access.add_certificate"
	OpRemoveCert     Op = "access.remove_certificate"
	OpListCerts      Op = "access.list_certificates"

	OpReadLog   Op = "ledger.read"
	OpVerifyLog Op = "ledger.verify"
	OpExportLog Op = "ledger.export"
)

// oversightCite is where the act gives the supervisory authorities access to the logs.
const oversightCite law.Citation = "2017/2226 art 55(2)"

// Operations lists what this room declares at the door, the reading of the log
// among it: the ledger stands below the door and cannot declare it itself.
func Operations() []Operation {
	return []Operation{
		{Op: OpCheckPassword, System: "access", Title: "pass the first factor of a sign-in", Cite: staffCite, Writes: true},
		{Op: OpSignIn, System: "access", Title: "sign in", Cite: staffCite, Writes: true},
		{Op: OpSignOut, System: "access", Title: "sign out", Cite: staffCite, Writes: true},
		{Op: OpLockOut, System: "access", Title: "be held back after failed attempts", Cite: staffCite, Writes: true},
		{Op: OpCountRefusals, System: "access", Title: "be counted instead of logged one by one", Cite: staffCite, Writes: true},
		{Op: OpUseToken, System: "access", Title: "use a token", Cite: staffCite, Writes: true},
		{Op: OpUseCert, System: "access", Title: "use a certificate", Cite: staffCite, Writes: true},
		{Op: OpChoosePost, System: "access", Title: "choose a crossing point to work at", Cite: staffCite, Writes: true},
		{Op: OpAddPasskey, System: "access", Title: "register a passkey", Cite: staffCite, Writes: true},
		{Op: OpRemovePasskey, System: "access", Title: "remove a passkey", Cite: staffCite, Writes: true},

		{Op: OpCreateAccount, System: "access", Title: "create an account", Cite: staffCite, Writes: true},
		{Op: OpDisableAccount, System: "access", Title: "disable an account", Cite: staffCite, Writes: true},
		{Op: OpEnableAccount, System: "access", Title: "enable an account", Cite: staffCite, Writes: true},
		{Op: OpSetPassword, System: "access", Title: "set a password", Cite: staffCite, Writes: true},
		{Op: OpResetTOTP, System: "access", Title: "enrol a new authenticator app", Cite: staffCite, Writes: true},
		{Op: OpListAccounts, System: "access", Title: "list the accounts", Cite: staffCite, Writes: false},
		{Op: OpCreateToken, System: "access", Title: "create a token", Cite: staffCite, Writes: true},
		{Op: OpRevokeToken, System: "access", Title: "revoke a token", Cite: staffCite, Writes: true},
		{Op: OpListTokens, System: "access", Title: "list the tokens", Cite: staffCite, Writes: false},
		{Op: OpAddCert, System: "access", Title: "register a certificate", Cite: staffCite, Writes: true},
		{Op: OpRemoveCert, System: "access", Title: "remove a certificate", Cite: staffCite, Writes: true},
		{Op: OpListCerts, System: "access", Title: "list the certificates", Cite: staffCite, Writes: false},

		{Op: OpReadLog, System: "ledger", Title: "read the log", Cite: oversightCite, Writes: false},
		{Op: OpVerifyLog, System: "ledger", Title: "verify the log", Cite: oversightCite, Writes: false},
		{Op: OpExportLog, System: "ledger", Title: "export the log", Cite: oversightCite, Writes: false},
	}
}

// Grants lists who may manage identities and who may read the log. An
// administrator keeps the machine running and sees neither travellers nor the
// log; a supervisor sees the log and changes nothing.
func Grants() []Grant {
	var gs []Grant
	for _, op := range []Op{OpCreateAccount, OpDisableAccount, OpEnableAccount, OpSetPassword, OpResetTOTP, OpListAccounts,
		OpCreateToken, OpRevokeToken, OpListTokens, OpAddCert, OpRemoveCert, OpListCerts} {
		gs = append(gs, Grant{Kind: Administrator, Purpose: SystemOperation, Op: op, Cite: staffCite, Keys: []Key{ByAccount}})
	}
	for _, op := range []Op{OpReadLog, OpVerifyLog, OpExportLog} {
		gs = append(gs, Grant{Kind: Supervisor, Purpose: Oversight, Op: op, Cite: oversightCite,
			Keys: []Key{ByReference}, Returns: []Category{LogEntries}})
	}
	return gs
}
