package load

import (
	"context"
	"sync/atomic"
	"time"
)

// Clock is the time that a load test runs in.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns early when ctx ends.
	Sleep(ctx context.Context, d time.Duration)
}

// WallClock is the real time.
type WallClock struct{}

// Now reads the real clock.
func (WallClock) Now() time.Time { return time.Now() }

// Sleep waits in real time.
func (WallClock) Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// schedule deals out start times to the workers.
type schedule struct {
	plan  Plan
	clock Clock
	start time.Time
	dealt atomic.Int64 // of an open loop
	began atomic.Int64
}

// next waits until an operation is due and tells the time its latency counts from; ok is false when the test is over.
//
// In an open loop that is the time the operation was due, even when no worker was free then: a service that stalls is
// charged for the requests it kept waiting, which a closed loop omits.
func (s *schedule) next(ctx context.Context) (from time.Time, ok bool) {
	now, end := s.clock.Now(), s.start.Add(s.plan.Duration)
	if ctx.Err() != nil || !now.Before(end) {
		return now, false
	}
	if s.plan.Rate == 0 {
		s.began.Add(1)
		return now, true
	}
	k := s.dealt.Add(1) - 1
	if k >= s.plan.offered() {
		return now, false
	}
	from = s.start.Add(s.plan.due(k))
	if wait := from.Sub(now); wait > 0 {
		s.clock.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return from, false
		}
	}
	s.began.Add(1)
	return from, true
}

// unsent is how many operations of an open loop were due but never started.
func (s *schedule) unsent() int64 {
	return max(0, s.plan.offered()-s.began.Load())
}
