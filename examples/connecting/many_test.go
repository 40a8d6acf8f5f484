package connecting

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func impersonate(ctx context.Context) (*orm.Account, error) {
	// code: impersonation
	acct, err := orm.Open(ctx, "room1@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\service`, secret),
		Access:   orm.Impersonation,
	})
	// end
	return acct, err
}

func delegate(ctx context.Context) (*orm.Account, error) {
	// code: delegate
	acct, err := orm.Open(ctx, "info@example.com", orm.Config{ // a mailbox that john has rights in
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
	})
	// end
	return acct, err
}

func many(ctx context.Context, addresses []string) (map[string]int, error) {
	unread := map[string]int{}
	// code: many
	client, err := ews.New(ews.Config{
		Endpoint:      "https://mail.example.com/EWS/Exchange.asmx",
		Auth:          auth.Basic(`EXAMPLE\service`, secret),
		Retry:         new(ews.Retry),
		MaxConcurrent: 20,
	})
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		acct, err := orm.Open(ctx, address, orm.Config{Client: client, Access: orm.Impersonation})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		if unread[address], err = acct.Inbox().Messages().Count(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
	}
	// end
	return unread, nil
}

func severalClients() (quick, patient *ews.Client, err error) {
	// code: shared-retry
	cfg := ews.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\service`, secret),
		Retry:    new(ews.Retry),
		Limiter:  &ews.Limiter{Max: 20},
	}
	quick, err = ews.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	cfg.Timeout = 10 * time.Minute // for exports
	patient, err = ews.New(cfg)
	// end
	return quick, patient, err
}

func group(client *ews.Client, addresses []string) []messages.Client {
	// code: affinity
	var group []messages.Client // mailboxes that autodiscover puts into one group
	for _, address := range addresses {
		c := client.With(ews.ActAs(address), ews.AnchorTo(addresses[0]))
		group = append(group, messages.New(c)) // Subscribe by these
	}
	// end
	return group
}

func TestMany(t *testing.T) {
	acct, err := impersonate(t.Context())
	works(t, acct, err)
	acct, err = delegate(t.Context())
	works(t, acct, err)
	addresses := []string{"room0@example.com", "room1@example.com", "room2@example.com", "room3@example.com", "room4@example.com"}
	if counts, err := many(t.Context(), addresses); err != nil || len(counts) != 5 {
		t.Errorf("counts %v, error %v", counts, err)
	}
	quick, patient, err := severalClients()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ask(t, quick), ask(t, patient)); err != nil {
		t.Error(err)
	}
	for _, c := range group(quick, addresses) {
		if _, err := c.GetFolder(t.Context(), inbox()); err != nil {
			t.Error(err)
		}
	}
}

func inbox() *messages.GetFolderRequest {
	return &messages.GetFolderRequest{
		FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		FolderIDs:   []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}},
	}
}

func ask(t *testing.T, c *ews.Client) error {
	_, err := messages.New(c).GetFolder(t.Context(), inbox())
	return err
}
