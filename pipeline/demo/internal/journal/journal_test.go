package journal

import (
	"testing"

	"profbook.dev/demo/internal/variant"
)

func TestRecordNumbersAndKeepsTheLastLines(t *testing.T) {
	for _, v := range []variant.Variant{variant.Baseline, variant.Optimized} {
		j := New(v)
		for want := int64(1); want <= keep+5; want++ {
			if got := j.Record("s1", "Paid", want*2); got != want {
				t.Fatalf("%v: position %d, want %d", v, got, want)
			}
		}
		if got, want := j.Line(6), "6 s1 Paid 12"; got != want {
			t.Errorf("%v: Line(6) = %q, want %q", v, got, want)
		}
		for _, position := range []int64{0, 5, keep + 6} {
			if got := j.Line(position); got != "" {
				t.Errorf("%v: Line(%d) = %q, want none", v, position, got)
			}
		}
	}
}
