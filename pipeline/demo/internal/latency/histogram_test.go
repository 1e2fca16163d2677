package latency

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestEveryValueLiesInItsBucket(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []uint64{0, 1, 127, 128, 255, 256, 257, 1 << 20, math.MaxInt64}
	for range 10_000 {
		values = append(values, random.Uint64()>>(1+random.IntN(63)))
	}
	for _, value := range values {
		i := place(value)
		low := time.Duration(-1)
		if i > 0 {
			low = bound(i - 1)
		}
		if got := time.Duration(value); got > bound(i) || got <= low {
			t.Fatalf("%d lies in bucket %d, which is (%d, %d]", value, i, low, bound(i))
		}
		if width := float64(bound(i) - low); width > 1+float64(value)/subs {
			t.Fatalf("the bucket of %d is %v wide", value, width)
		}
	}
}

func TestQuantilesAgreeWithSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var h, left, right Histogram
	var values []time.Duration
	var sum time.Duration
	for i := range 5000 {
		d := time.Duration(math.Exp(random.Float64()*12) * 1000)
		values, sum = append(values, d), sum+d
		if h.Record(d); i%2 == 0 {
			left.Record(d)
		} else {
			right.Record(d)
		}
	}
	slices.Sort(values)
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
		want := values[max(0, int(math.Ceil(q*5000))-1)]
		if got := h.Quantile(q); got < want || float64(got) > float64(want)*1.008 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if h.Max() != values[4999] || h.Quantile(1) != h.Max() || (h.Mean()-sum/5000).Abs() > 1 {
		t.Errorf("max %v, mean %v", h.Max(), h.Mean())
	}
	left.Merge(&right)
	if left.counts != h.counts || left.Count() != 5000 || left.Max() != h.Max() {
		t.Error("merged halves differ from the whole")
	}
}

func TestBucketsHoldEverythingOnce(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{-5, 3, 1000, 1001, 5000, 70_000} {
		h.Record(d)
	}
	all := h.Buckets(4)
	count := int64(0)
	for i, b := range all {
		count += b.Count
		if i > 0 && b.Bound <= all[i-1].Bound {
			t.Errorf("bounds fall at %d: %v", i, all)
		}
	}
	if last := all[len(all)-1]; count != 6 || all[0].Count == 0 || last.Count == 0 || last.Bound < 70_000 {
		t.Errorf("buckets are %v", all)
	}
}

func TestEmpty(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Mean() != 0 || h.Max() != 0 || len(h.Buckets(4)) != 0 {
		t.Error("an empty histogram must be all zero")
	}
}
