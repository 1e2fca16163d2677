package slow

import (
	"strings"
	"testing"
)

var (
	sort  = NewPoint("demo.Sort")
	merge = NewPoint("demo.Merge")
)

func extras(p *Point, calls int) int {
	sum := 0
	for range calls {
		sum += p.Extra()
	}
	return sum
}

func TestPlantSlowsOnlyTheNamedFunction(t *testing.T) {
	if err := Plant("demo.Sort:40"); err != nil {
		t.Fatal(err)
	}
	if got := extras(sort, 100); got != 40 {
		t.Errorf("demo.Sort repeats %d of 100 calls, want 40", got)
	}
	if got := extras(merge, 100); got != 0 {
		t.Errorf("demo.Merge repeats %d of 100 calls, want 0", got)
	}
	if err := Plant(""); err != nil || extras(sort, 100) != 0 {
		t.Errorf("an empty spec must remove the slowdown (%v)", err)
	}
}

func TestPlantRefuses(t *testing.T) {
	for _, spec := range []string{"demo.Sort", "demo.Sort:", "demo.Sort:x", "demo.Sort:0", "demo.Sort:-5", "demo.Sort:1001", ":5"} {
		if err := Plant(spec); err == nil {
			t.Errorf("Plant(%q) accepted", spec)
		}
	}
	err := Plant("demo.Unknown:5")
	if err == nil || !strings.Contains(err.Error(), "demo.Merge, demo.Sort") {
		t.Errorf("an unknown name must be refused with the list, got %v", err)
	}
}
