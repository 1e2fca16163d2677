// Package latency counts durations in buckets of constant relative width.
package latency

import (
	"math"
	"math/bits"
	"time"
)

// subBits sets the resolution: 128 buckets for each doubling, so a quantile is at most 0.8 % too high.
const (
	subBits = 7
	subs    = 1 << subBits
	buckets = (64 - subBits) * subs
)

// Histogram counts durations; the zero value is empty. It is not safe for concurrent use: each worker fills its own.
type Histogram struct {
	counts [buckets]int64
	count  int64
	sum    float64
	max    time.Duration
}

// Bucket holds Count durations that are above the bound of the bucket before it and at most Bound.
type Bucket struct {
	Bound time.Duration
	Count int64
}

// Record counts one duration; a negative one (a clock that stepped back) counts as zero.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[place(uint64(d))]++
	h.count++
	h.sum += float64(d)
	h.max = max(h.max, d)
}

// Merge adds the counts of other.
func (h *Histogram) Merge(other *Histogram) {
	for i, count := range other.counts {
		h.counts[i] += count
	}
	h.count += other.count
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Count is the number of durations.
func (h *Histogram) Count() int64 { return h.count }

// Max is the longest duration, exact.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean is the arithmetic mean, exact; 0 when there is nothing.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.count))
}

// Quantile is the smallest bucket bound that at least the share q of all durations does not exceed; 0 when there is
// nothing.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := max(1, int64(math.Ceil(q*float64(h.count))))
	seen := int64(0)
	for i, count := range h.counts {
		if seen += count; seen >= rank {
			return min(bound(i), h.max)
		}
	}
	return 0
}

// Buckets gives every perOctave-th part of each doubling as one bucket, from the first that holds something to the
// last; perOctave must divide 128.
func (h *Histogram) Buckets(perOctave int) []Bucket {
	var all []Bucket
	last := -1
	width := subs / perOctave
	for start := 0; start < buckets; start += width {
		count := int64(0)
		for _, n := range h.counts[start : start+width] {
			count += n
		}
		if count > 0 {
			last = len(all)
		}
		if count > 0 || last >= 0 {
			all = append(all, Bucket{Bound: bound(start + width - 1), Count: count})
		}
	}
	return all[:last+1]
}

// place is the bucket of a value: linear below 2*subs, then subs buckets for each doubling.
func place(value uint64) int {
	shift := max(0, bits.Len64(value)-subBits-1)
	return shift*subs + int(value>>shift)
}

// bound is the largest value of a bucket.
func bound(i int) time.Duration {
	shift := max(0, i/subs-1)
	low := uint64(i-shift*subs) << shift
	return time.Duration(low + 1<<shift - 1)
}
