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
		{OpCheckPassword, "access", "pass the first factor of a sign-in", staffCite, true},
		{OpSignIn, "access", "sign in", staffCite, true},
		{OpSignOut, "access", "sign out", staffCite, true},
		{OpLockOut, "access", "be held back after failed attempts", staffCite, true},
		{OpCountRefusals, "access", "be counted instead of logged one by one", staffCite, true},
		{OpUseToken, "access", "use a token", staffCite, true},
		{OpUseCert, "access", "use a certificate", staffCite, true},
		{OpChoosePost, "access", "choose a crossing point to work at", staffCite, true},
		{OpAddPasskey, "access", "register a passkey", staffCite, true},
		{OpRemovePasskey, "access", "remove a passkey", staffCite, true},

		{OpCreateAccount, "access", "create an account", staffCite, true},
		{OpDisableAccount, "access", "disable an account", staffCite, true},
		{OpEnableAccount, "access", "enable an account", staffCite, true},
		{OpSetPassword, "access", "set a password", staffCite, true},
		{OpResetTOTP, "access", "enrol a new authenticator app", staffCite, true},
		{OpListAccounts, "access", "list the accounts", staffCite, false},
		{OpCreateToken, "access", "create a token", staffCite, true},
		{OpRevokeToken, "access", "revoke a token", staffCite, true},
		{OpListTokens, "access", "list the tokens", staffCite, false},
		{OpAddCert, "access", "register a certificate", staffCite, true},
		{OpRemoveCert, "access", "remove a certificate", staffCite, true},
		{OpListCerts, "access", "list the certificates", staffCite, false},

		{OpReadLog, "ledger", "read the log", oversightCite, false},
		{OpVerifyLog, "ledger", "verify the log", oversightCite, false},
		{OpExportLog, "ledger", "export the log", oversightCite, false},
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
