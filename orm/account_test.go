package orm_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/orm"
)

// TestSharedClientImpersonates: accounts over one client act each as its own
// mailbox.
func TestSharedClientImpersonates(t *testing.T) {
	var who []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, address, _ := strings.Cut(string(b), "PrimarySmtpAddress>")
		address, _, _ = strings.Cut(address, "<")
		who = append(who, address+" by "+r.Header.Get("X-AnchorMailbox"))
		w.WriteHeader(http.StatusNotFound)
	}))
	defer s.Close()
	client, err := ews.New(ews.Config{Endpoint: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"a@example.com", "b@example.com"} {
		if _, err := orm.Open(t.Context(), address, orm.Config{Client: client, Access: orm.Impersonation}); err == nil {
			t.Error("no error for status 404")
		}
	}
	for _, shared := range []*ews.Client{client, client.With(ews.ActAs("c@example.com"))} {
		if _, err := orm.Open(t.Context(), "b@example.com", orm.Config{Client: shared}); err == nil {
			t.Error("no error for status 404")
		}
	}
	if got, want := strings.Join(who, ", "), "a@example.com by a@example.com, b@example.com by b@example.com,  by b@example.com, c@example.com by c@example.com"; got != want {
		t.Errorf("acted as %s, want %s", got, want)
	}
}
