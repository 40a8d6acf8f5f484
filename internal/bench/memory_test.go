package bench

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// TestAllocations: a message of a page costs at most 12 allocations.
func TestAllocations(t *testing.T) {
	const items = 200
	in := Make(FindItem, items)
	n := testing.AllocsPerRun(3, func() {
		if _, err := Decode(bytes.NewReader(in), operation(FindItem)); err != nil {
			t.Fatal(err)
		}
	})
	if n > 12*items {
		t.Errorf("%.1f allocations a message, want at most 12", n/items)
	}
	t.Logf("%.1f allocations a message", n/items)
}

// TestKeptSubject: one subject that is kept keeps no page in memory.
func TestKeptSubject(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	in := Make(FindItem, 1000)
	before := heap()
	kept := make([]string, 0, 10)
	for i := range cap(kept) {
		res, err := Decode(bytes.NewReader(in), operation(FindItem))
		if err != nil {
			t.Fatal(err)
		}
		items := res[0].(*messages.FindItemResponse).ResponseMessages[0].RootFolder.Items
		kept = append(kept, items[i*99].(*types.Message).Subject)
	}
	if after := heap(); after > before+64<<10 {
		t.Errorf("%d subjects keep %d KiB, want at most 64", len(kept), (after-before)>>10)
	}
	runtime.KeepAlive(kept)
	runtime.KeepAlive(in)
}
