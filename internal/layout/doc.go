// Package layout has no code: its tests hold the shape of the module, which
// package may import which, and how large the generated code may be.
package layout
