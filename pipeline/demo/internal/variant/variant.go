// Package variant names the two builds of the event store that a comparison shows.
package variant

import "fmt"

// Variant selects how the work of a request is done, never what comes out of it.
type Variant int

const (
	// Baseline is written as one writes first: maps, reflection, string concatenation, one lock.
	Baseline Variant = iota
	// Optimized does the same work with pooled buffers, hashed lookups, tables and narrow locks.
	Optimized
)

// Parse reads a variant's name as it stands on the command line.
func Parse(name string) (Variant, error) {
	switch name {
	case "baseline":
		return Baseline, nil
	case "optimized":
		return Optimized, nil
	}
	return Baseline, fmt.Errorf("unknown variant %q: use baseline or optimized", name)
}

// String names the variant as Parse reads it.
func (v Variant) String() string {
	if v == Optimized {
		return "optimized"
	}
	return "baseline"
}
