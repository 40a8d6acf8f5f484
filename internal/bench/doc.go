// Package bench measures the codecs of gen against encoding/xml and against
// bare tokenizers, over the same bytes in one run: make bench. It has no users
// beside its own benchmarks.
package bench
