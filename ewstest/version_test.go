package ewstest_test

import (
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestVersionsThatTheServerLacks(t *testing.T) {
	for _, c := range []struct {
		server  types.ExchangeVersion
		request string
		want    messages.ResponseCode
	}{
		{types.ExchangeVersionV20170711, "Exchange2007_SP1", messages.NoError},
		{types.ExchangeVersionV20170711, "V2017_07_11", messages.NoError},
		{types.ExchangeVersionV20170711, "Exchange2019", messages.ErrorInvalidRequest}, // no version at all
		{types.ExchangeVersionV20170711, "V2018_01_08", messages.ErrorInvalidRequest},  // a newer one
		{types.ExchangeVersionExchange2013SP1, "Exchange2013", messages.NoError},
		{types.ExchangeVersionExchange2013SP1, "Exchange2016", messages.ErrorInvalidServerVersion},
		{types.ExchangeVersionExchange2010SP2, "Exchange2010_SP3", messages.ErrorInvalidServerVersion},
	} {
		t.Run(string(c.server)+" "+c.request, func(t *testing.T) {
			s := ewstest.New(t, ewstest.Config{Version: c.server})
			if c.want == messages.NoError {
				call(t, s, c.request, getInbox).ok()
				return
			}
			callInvalid(t, s, c.request, getInbox).want(c.want)
		})
	}
}

// TestOlderServerBehind: a mailbox on an older server is answered by that, in
// the versions that it has.
func TestOlderServerBehind(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "alice@example.com", Password: ewstest.Password},
		{Address: "bob@example.com", Password: ewstest.Password, Version: types.ExchangeVersionExchange2010SP2},
	}})
	for _, c := range []struct {
		user, version string
		want          messages.ResponseCode
		build         string
	}{
		{"alice@example.com", "V2017_07_11", messages.NoError, `MajorVersion="15"`},
		{"bob@example.com", "Exchange2010_SP2", messages.NoError, `MajorVersion="14"`},
		{"bob@example.com", "Exchange2007_SP1", messages.NoError, `MajorVersion="14"`},
		{"bob@example.com", "Exchange2013", messages.ErrorInvalidSchemaVersionForMailboxVersion, `MajorVersion="15"`},
		{"bob@example.com", "V2018_01_08", messages.ErrorInvalidRequest, `MajorVersion="15"`},
	} {
		a := sender{user: c.user}.call(t, s, c.version, getInbox)
		if c.want == messages.NoError {
			a.ok()
		} else {
			a.want(c.want)
		}
		if !strings.Contains(a.text, c.build) {
			t.Errorf("%s, %s: no %s in %s", c.user, c.version, c.build, a.text)
		}
	}
	for _, behind := range []types.ExchangeVersion{"Exchange2016", "Exchange2000"} {
		_, err := ewstest.NewServer(ewstest.Config{Version: types.ExchangeVersionExchange2013, Accounts: []ewstest.Account{{Address: "a@example.com", Version: behind}}})
		if err == nil || !strings.Contains(err.Error(), string(behind)) {
			t.Errorf("behind Exchange2013 a server of %s: error %v", behind, err)
		}
	}
}

func TestImpersonationIsRefused(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "alice@example.com", Password: ewstest.Password},
		{Address: "bob@example.com", Password: ewstest.Password, Impersonates: true},
	}})
	as := func(user, address string) *answer {
		return sender{user: user, headers: `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + address +
			`</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`}.call(t, s, "Exchange2016", getInbox)
	}
	as("bob@example.com", "alice@example.com").ok()
	as("alice@example.com", "alice@example.com").ok()
	as("alice@example.com", "bob@example.com").want(messages.ErrorImpersonateUserDenied)
	as("bob@example.com", "nobody@example.com").want(messages.ErrorNonExistentMailbox)
}

func TestOperationsThatTheServerLacks(t *testing.T) {
	s := ewstest.New(t)
	call(t, s, "Exchange2016", `<m:GetPhoneCallInformation><m:PhoneCallId Id="1"/></m:GetPhoneCallInformation>`).want(messages.ErrorInvalidOperation)
	callInvalid(t, s, "Exchange2016", `<m:GetNothing/>`).want(messages.ErrorInvalidRequest)
	lenient := ewstest.New(t, ewstest.Config{Lenient: true})
	callInvalid(t, lenient, "Exchange2016", `<m:GetNothing/>`).want(messages.ErrorInvalidRequest)
}
