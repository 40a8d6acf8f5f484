package oauth

import "strings"

// advice says what to do about an error; empty if that is not known. Programs
// should not act on the numbers, Microsoft's page says, for they change: here
// they choose words alone. See
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
func (e *Error) advice() string {
	if number, ok := strings.CutPrefix(e.Detail, "AADSTS"); ok {
		if s := entraAdvice(number); s != "" {
			return s
		}
	}
	switch e.Code {
	case "invalid_client":
		return "the Credential is not one of those that are registered for Config.ClientID, or it has expired"
	case "unauthorized_client":
		return "this application may not use this grant: its registration says which it may"
	case "invalid_grant":
		switch e.Grant {
		case grantRefresh:
			return "the refresh token has expired or was revoked: the user has to sign in again"
		case grantPassword:
			return "wrong user or password, or the user may not sign in in this way"
		case grantCode, grantDevice:
			return "the code has expired or was used: sign in again"
		}
	case "invalid_scope", "invalid_resource", "invalid_target":
		return "the scopes or the resource are not known there: see Config.Scopes, and For of the Authority"
	case "unsupported_grant_type":
		return "this server does not have this grant"
	case "interaction_required", "login_required", "consent_required", "account_selection_required":
		return "the user has to sign in: SignIn, Authorize or DeviceSignIn"
	case "access_denied", "authorization_declined":
		return "the user or a policy has declined"
	case "expired_token", "bad_verification_code":
		return "the code has expired before the user signed in: begin again"
	case "temporarily_unavailable", "server_error", "slow_down":
		return "try again later"
	}
	return ""
}

// entraAdvice is what to do about a code of Entra ID.
func entraAdvice(number string) string {
	switch number {
	case "7000215", "70002":
		return "the client secret is wrong: it has to be the Value of the secret in the app registration, not its Secret ID"
	case "7000222":
		return "the client secret has expired: make another in the app registration"
	case "7000218":
		return "the application is registered as a confidential client: give a Credential, or allow public client flows in its registration"
	case "700025":
		return "the application is registered as a public client: leave Credential empty"
	case "700016", "700011", "70001", "7000112":
		return "there is no such application in this tenant, or it is disabled: check Config.ClientID and the tenant, and whether an administrator has consented"
	case "90002", "900382", "90038", "90051":
		return "there is no such tenant in this cloud: check the tenant and the Cloud given to EntraID"
	case "50194", "9001023", "90124", "90130", "50059":
		return "give EntraID the tenant's id or domain"
	case "50076", "50074", "50072", "50078", "50079", "50158", "50097", "700020":
		return "the user has to sign in with a second factor: SignIn, Authorize or DeviceSignIn"
	case "53000", "53001", "53002", "53003", "53004", "50131", "530032", "530035", "50005":
		return "a policy of the tenant (Conditional Access) is in the way: its administrator sees which in the sign-in logs, by the correlation id"
	case "65001", "65004":
		return "the user or an administrator has to consent to what the application asks for: sign in once interactively, or grant admin consent in its registration"
	case "90094", "90095":
		return "an administrator has to consent to what the application asks for"
	case "650057", "650056", "65005":
		return "the app registration lacks the API permission for Office 365 Exchange Online: EWS.AccessAsUser.All for users, full_access_as_app for the application itself"
	case "500011", "50001", "650052":
		return "the server that the token is for is not known in this tenant: check the scopes, and For of the Authority"
	case "70011", "28002", "700022", "700023":
		return "check Config.Scopes: all of one server, and .default alone"
	case "50126", "50034", "50056", "50064":
		return "wrong user or password"
	case "50053":
		return "the account is locked for a while, after too many attempts, or the address is blocked"
	case "50055", "50144", "50057", "50135":
		return "the password has expired or has to be changed, or the account is disabled"
	case "700082", "700084", "70008", "70043", "70000", "50173", "50132", "50133", "50089":
		return "the user's tokens have expired or were revoked: the user has to sign in again"
	case "54005":
		return "the code was used already: sign in again"
	case "50011", "70004", "900971":
		return "the redirect URI is not one of those in the app registration: for SignIn add http://localhost under mobile and desktop applications"
	case "700027", "50012", "700030", "50013":
		return "the certificate is not registered for the application: upload it, or use the one that is"
	case "700024", "500133":
		return "the assertion is too old, or this machine's clock is wrong"
	case "50105":
		return "the user is not assigned to the application"
	case "50196", "90055":
		return "too many requests for tokens: keep one Tokens and share it"
	}
	return ""
}
