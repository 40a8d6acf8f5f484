package connecting

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
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

func severalServers(accounts map[string]auth.Method) ([]*ews.Client, error) {
	// code: shared-retry
	patience, places := new(ews.Retry), &ews.Limiter{Max: 20}
	var clients []*ews.Client
	for endpoint, method := range accounts {
		client, err := ews.New(ews.Config{Endpoint: endpoint, Auth: method, Retry: patience, Limiter: places})
		if err != nil {
			return nil, err
		}
		clients = append(clients, client)
	}
	// end
	return clients, nil
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
	clients, err := severalServers(map[string]auth.Method{"https://mail.example.com/EWS/Exchange.asmx": auth.Basic(`EXAMPLE\service`, secret)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(group(clients[0], addresses)); n != 5 {
		t.Errorf("%d in the group", n)
	}
}
