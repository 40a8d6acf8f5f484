package ews

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// log writes the record of the exchange.
func (x *exchange) log(ctx context.Context, version types.ExchangeVersion, err error) {
	log := x.client.cfg.Logger
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	id := x.serverID
	if id == "" {
		id = x.id
	}
	attrs := []slog.Attr{
		slog.String("op", x.op.Name),
		slog.Duration("took", time.Since(x.start)),
		slog.Int("attempt", x.attempt),
		slog.String("version", string(version)),
		slog.Int64("sent", x.sent.Load()),
		slog.Int64("received", x.received),
		slog.Int("status", x.status),
		slog.String("request_id", id),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "ews call", attrs...)
}

// warn writes a record of a call that is going to be repeated.
func (c *Client) warn(ctx context.Context, op *messages.Operation, attempt int, wait time.Duration, err error) {
	c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "ews call is repeated", slog.String("op", op.Name),
		slog.Int("attempt", attempt), slog.Duration("wait", wait), slog.String("error", err.Error()))
}
