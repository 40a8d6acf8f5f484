package peer

import (
	"context"
	"testing"

	"github.com/seed-1937cc67/goews/gen/types"
)

func work(ctx context.Context, t *testing.T, s *server) []types.Item { return nil }

func find(t *testing.T, boxes []mailbox, done []types.Item) {}
