package load

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"profbook.dev/demo/internal/latency"
)

// transportPause keeps a closed loop from spinning on a service that is not there.
const transportPause = 10 * time.Millisecond

// Operation is one request: a write appends to a stream, a read reads its tail. ID is unique in the test and among the
// tests of one service, which would take a known id for a repeated request.
type Operation struct {
	Write  bool
	Stream int
	ID     string
}

// Target does operations. It returns the status of the answer ("201", …), or Transport when none came, and whether the
// operation succeeded.
type Target interface {
	Do(ctx context.Context, op Operation) (status string, ok bool)
}

// Transport is the status of an operation that got no answer.
const Transport = "transport"

// Tally is what a test measured. Latencies are those of successful operations.
type Tally struct {
	Started time.Time
	Elapsed time.Duration
	Writes  int64
	Reads   int64
	Errors  int64
	Unsent  int64
	Status  map[string]int64
	Latency latency.Histogram
}

// ErrorPercent is the share of started operations that failed, and 100 when none succeeded.
func (t *Tally) ErrorPercent() float64 {
	done := t.Writes + t.Reads
	if done == 0 {
		return 100
	}
	return float64(t.Errors) / float64(done+t.Errors) * 100
}

// Runner runs one load test.
type Runner struct {
	Plan     Plan
	Target   Target
	Clock    Clock
	Progress io.Writer // one line a second; nil for none

	successes atomic.Int64
	failures  atomic.Int64
}

// Run offers the planned load until its duration is over or ctx ends. Operations under way are waited for.
func (r *Runner) Run(ctx context.Context) *Tally {
	times := &schedule{plan: r.Plan, clock: r.Clock, start: r.Clock.Now()}
	tallies := make([]*Tally, r.Plan.Workers)
	watched := r.watch(times.start)
	var group sync.WaitGroup
	for id := range tallies {
		tallies[id] = &Tally{Status: map[string]int64{}}
		group.Add(1)
		go func() {
			defer group.Done()
			r.work(ctx, id, times, tallies[id])
		}()
	}
	group.Wait()
	watched()
	total := &Tally{Started: times.start, Elapsed: r.Clock.Now().Sub(times.start), Status: map[string]int64{}}
	for _, tally := range tallies {
		total.add(tally)
	}
	total.Unsent = times.unsent()
	return total
}

// work does one operation after the other.
func (r *Runner) work(ctx context.Context, id int, times *schedule, tally *Tally) {
	random := rand.New(rand.NewPCG(r.Plan.Seed, uint64(id)))
	prefix := fmt.Sprintf("%x-w%d", times.start.UnixMilli(), id)
	for n := 0; ; n++ {
		from, ok := times.next(ctx)
		if !ok {
			return
		}
		op := Operation{
			Write:  random.IntN(100) < r.Plan.Writes,
			Stream: random.IntN(r.Plan.Streams),
			ID:     fmt.Sprintf("%s-%d", prefix, n),
		}
		status, ok := r.Target.Do(ctx, op)
		if ctx.Err() != nil && !ok {
			return // cut off by us: neither a success nor a failure of the service
		}
		r.count(tally, op, status, ok, r.Clock.Now().Sub(from))
		if status == Transport && r.Plan.Rate == 0 {
			r.Clock.Sleep(ctx, transportPause)
		}
	}
}

func (r *Runner) count(tally *Tally, op Operation, status string, ok bool, took time.Duration) {
	tally.Status[status]++
	if !ok {
		tally.Errors++
		r.failures.Add(1)
		return
	}
	if op.Write {
		tally.Writes++
	} else {
		tally.Reads++
	}
	tally.Latency.Record(took)
	r.successes.Add(1)
}

func (t *Tally) add(other *Tally) {
	t.Writes += other.Writes
	t.Reads += other.Reads
	t.Errors += other.Errors
	for status, count := range other.Status {
		t.Status[status] += count
	}
	t.Latency.Merge(&other.Latency)
}

// watch prints progress each second until the function it returns is called.
func (r *Runner) watch(start time.Time) (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		before := int64(0)
		for second := 1; ; second++ {
			r.Clock.Sleep(ctx, start.Add(time.Duration(second)*time.Second).Sub(r.Clock.Now()))
			if ctx.Err() != nil {
				return
			}
			now := r.successes.Load()
			fmt.Fprintf(r.Progress, "loadgen: %3d s  %7d ops/s  %9d ops  %d errors\n", second, now-before, now, r.failures.Load())
			before = now
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
