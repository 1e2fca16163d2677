package index

import (
	"fmt"
	"testing"

	"profbook.dev/demo/internal/variant"
)

func TestLookupKnowsTheLastEventsOnly(t *testing.T) {
	for _, v := range []variant.Variant{variant.Baseline, variant.Optimized} {
		x := New(v, 4)
		if _, found := x.Lookup("E1", 0); found {
			t.Errorf("%v: found an event in an empty index", v)
		}
		for version := int64(1); version <= 10; version++ {
			x.Add(fmt.Sprintf("E%d", version), version)
		}
		for version := int64(1); version <= 10; version++ {
			got, found := x.Lookup(fmt.Sprintf("e%d", version), 10)
			if want := version > 6; found != want || found && got != version {
				t.Errorf("%v: Lookup(e%d) = %d, %v; want found %v", v, version, got, found, want)
			}
		}
		if len(x.versions) > 4 {
			t.Errorf("%v: the index holds %d ids, more than it may keep", v, len(x.versions))
		}
	}
}
