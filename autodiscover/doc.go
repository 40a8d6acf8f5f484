// Package autodiscover finds the Exchange server of a mailbox by its address:
// the URL of EWS, the primary address, the version, other mailboxes of the
// user.
//
//	found, err := autodiscover.Discover(ctx, "ann@example.com", autodiscover.Config{
//		Auth: auth.Basic("ann@example.com", password),
//	})
//
// # Where it looks
//
// In this order, which is that of
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange:
//
//  1. the endpoint of an answer in Config.Cache that has expired, and
//     Config.Endpoints
//  2. https://example.com
//  3. https://autodiscover.example.com
//  4. where http://autodiscover.example.com redirects to
//  5. the hosts of the DNS record _autodiscover._tcp.example.com (SRV, RFC 2782)
//
// and at each of them for the SOAP service, which says most, then for the
// plain one (POX), which is all that Exchange 2007 has, then for the JSON one
// of Exchange 2016 and later, which needs no credentials and says nothing but
// the URL. Look-ups in Active Directory (service connection points), which
// come first for computers that are members of a domain, are not made: a
// program that can make one gives what it found as Config.Endpoints.
//
// # What is sent where
//
// All places are looked at side by side, without credentials. The credentials
// then go to the first place in the order that wants them, over TLS, and the
// outcome does not depend on who was faster; the domain's own web server, and
// what it redirects to, come last unless they show that they are Exchange. That
// is against mishaps: who owns the domain's web server can claim to be Exchange,
// and Config.Endpoints with OnlyEndpoints keeps it out. A place that refuses them ends the
// search, so that a wrong password is not tried often enough to lock the
// account: see Config.MaxRefusals.
//
// A redirect is followed if it leads to an https address that has not been
// asked yet, if there were no more than Config.MaxRedirects, and if
// Config.Redirect permits it.
//
// # Errors
//
// Discover fails with an *Error, which has every Step that was taken and
// unwraps to what ended the search: ErrNotFound, *CredentialsError,
// *RedirectError, *AnswerError, *TimeoutError, or the error of the context.
package autodiscover
