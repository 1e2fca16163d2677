// Package load offers work to a service for a while and measures what comes back.
package load

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Plan says what load to offer.
type Plan struct {
	Duration time.Duration
	Workers  int
	Rate     float64 // operations a second; 0 = closed loop, each worker starts the next when the last is done
	Streams  int
	Writes   int // percent of operations
	Seed     uint64
}

// Check reports every fault of a plan at once.
func (p Plan) Check() error {
	var faults []error
	need := func(holds bool, format string, args ...any) {
		if !holds {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	need(p.Duration > 0, "--duration must be more than 0, not %v", p.Duration)
	need(p.Workers >= 1 && p.Workers <= 10_000, "--workers must be 1 to 10000, not %d", p.Workers)
	need(p.Rate >= 0 && p.Rate <= 1e7, "--rate must be 0 to 10000000 a second, not %v", p.Rate)
	need(p.Streams >= 1 && p.Streams <= 1_000_000, "--streams must be 1 to 1000000, not %d", p.Streams)
	need(p.Writes >= 0 && p.Writes <= 100, "--writes must be 0 to 100 percent, not %d", p.Writes)
	return errors.Join(faults...)
}

// offered is how many operations an open loop is due to start; 0 for a closed loop.
func (p Plan) offered() int64 {
	return int64(math.Ceil(p.Duration.Seconds() * p.Rate))
}

// due is when operation k of an open loop has to start, counted from the start of the test.
func (p Plan) due(k int64) time.Duration {
	return time.Duration(float64(k) / p.Rate * float64(time.Second))
}
