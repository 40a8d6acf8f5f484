package ews

import (
	"fmt"
	"testing"
)

// TestPerMailboxIsBounded: what was not used for the longest time goes.
func TestPerMailboxIsBounded(t *testing.T) {
	n := 0
	p := perMailbox[int]{fresh: func() int { n++; return n }}
	for i := range maxMailboxes {
		if got := p.of(fmt.Sprint(i)); got != i+1 {
			t.Fatalf("mailbox %d has %d", i, got)
		}
	}
	if p.of("0") != 1 { // used again
		t.Error("mailbox 0 was forgotten")
	}
	p.of("another")
	if p.of("0") != 1 || p.of("2") != 3 {
		t.Error("a mailbox in use was forgotten")
	}
	if got := p.of("1"); got != maxMailboxes+2 || len(p.byName) != maxMailboxes || p.recent.Len() != maxMailboxes {
		t.Errorf("mailbox 1 has %d; %d and %d are kept", got, len(p.byName), p.recent.Len())
	}
}
