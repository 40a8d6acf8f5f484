// Package connecting has no code: its tests are the code of docs/connecting.md,
// which a test holds equal to what stands there.
package connecting
