// Package oauth gets bearer tokens for EWS from an authorization server:
// Microsoft Entra ID, AD FS, or another that speaks OAuth 2.0 (RFC 6749).
//
// An App is a program as it is registered there. Its methods are the grants:
//
//	ClientCredentials  the program acts by itself (secret, certificate, or an assertion of others)
//	SignIn             a user signs in with a browser on this machine (authorization code, PKCE)
//	Authorize, Redeem  the same for programs with a web server of their own
//	DeviceSignIn       a user signs in with a browser elsewhere
//	Password           a user's name and password are sent; only where nothing else is to be had
//	Resume             goes on with a token that one of these, or an earlier run, got
//
// Those that end in a *Tokens give the value for ews.Config.Auth, or for
// orm.Config.Auth. It fetches a token when one is needed, once for all who share
// it, and refreshes it: see auth.Tokens. SignIn, Authorize and DeviceSignIn give
// a Token for Resume. Config.Store keeps tokens for the next run.
//
// What a program may do as whom, an application's role and impersonation among
// it, is at
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth.
//
// Nothing here shows a secret when it is printed, logged or marshalled;
// Token.Save is the one way to write one down.
package oauth
