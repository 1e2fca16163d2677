// Package ration deals out an exact share of calls: the same calls each time, evenly spread.
package ration

import "sync/atomic"

// Ration answers, call by call, how many extras are due. After n calls exactly n*percent/100 (rounded down) were dealt.
// It is safe for concurrent use; the zero value deals nothing.
type Ration struct {
	percent uint64
	calls   atomic.Uint64
}

// Set fixes the share in percent; it may exceed 100. It must not run at the same time as Next.
func (r *Ration) Set(percent int) {
	r.percent = uint64(percent)
	r.calls.Store(0)
}

// Next counts one call and tells how many extras it gets.
func (r *Ration) Next() int {
	if r.percent == 0 {
		return 0
	}
	return r.deal()
}

func (r *Ration) deal() int {
	n := r.calls.Add(1)
	return int(n*r.percent/100 - (n-1)*r.percent/100)
}
