package wire

// Bits says which optional fields of a struct were there when it was decoded,
// or are to be written although they are zero. Generated constants name the
// bits, one a field.
type Bits uint64

// Has reports whether all bits of f are set in b.
func (b Bits) Has(f Bits) bool { return b&f == f }

// Presence is the presence set of classes with property paths (items,
// folders, personas, conversations). The descriptors of package field name
// the bits; an inherited property has the same bit in every class.
type Presence [3]uint64

// Bit is anything that names a bit of a Presence: the descriptors of package
// field.
type Bit interface{ PresenceBit() uint8 }

// Set returns the Presence with the bits of f.
func Set(f ...Bit) Presence {
	var p Presence
	for _, b := range f {
		p.Add(b.PresenceBit())
	}
	return p
}

// Has reports whether the property of f was there, or is to be written.
func (p Presence) Has(f Bit) bool { return p.HasBit(f.PresenceBit()) }

// HasBit reports whether bit i is set; false for a bit outside the set.
func (p Presence) HasBit(i uint8) bool { return int(i/64) < len(p) && p[i/64]&(1<<(i%64)) != 0 }

// Add sets bit i. A bit outside the set is ignored.
func (p *Presence) Add(i uint8) {
	if int(i/64) < len(p) {
		p[i/64] |= 1 << (i % 64)
	}
}

// Remove clears bit i.
func (p *Presence) Remove(i uint8) {
	if int(i/64) < len(p) {
		p[i/64] &^= 1 << (i % 64)
	}
}
