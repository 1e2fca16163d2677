package load

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeClock moves only when somebody sleeps or an operation takes time.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(_ context.Context, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// fakeTarget takes its time on the fake clock.
type fakeTarget struct {
	clock *fakeClock
	took  func(n int) time.Duration
	fails func(n int) string
	seen  []Operation
}

func (f *fakeTarget) Do(ctx context.Context, op Operation) (string, bool) {
	n := len(f.seen)
	f.seen = append(f.seen, op)
	f.clock.Sleep(ctx, f.took(n))
	if f.fails != nil {
		if status := f.fails(n); status != "" {
			return status, false
		}
	}
	return "201", true
}

func constant(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func oneWorker(rate float64) Plan {
	return Plan{Duration: time.Second, Workers: 1, Rate: rate, Streams: 5, Writes: 90, Seed: 1}
}

func TestClosedLoopStartsTheNextWhenTheLastIsDone(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: constant(10 * time.Millisecond)}
	tally := (&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(context.Background())
	if got := tally.Writes + tally.Reads; got != 100 || tally.Elapsed != time.Second || tally.Unsent != 0 {
		t.Errorf("%d operations in %v, %d unsent", got, tally.Elapsed, tally.Unsent)
	}
	if tally.Writes < 80 || tally.Reads == 0 || tally.Status["201"] != 100 {
		t.Errorf("%d writes, %d reads, %v", tally.Writes, tally.Reads, tally.Status)
	}
	if tally.Latency.Max() != 10*time.Millisecond {
		t.Errorf("longest latency %v", tally.Latency.Max())
	}
}

func TestOpenLoopChargesAStallToTheRequestsItKeptWaiting(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: func(n int) time.Duration {
		if n == 10 {
			return 500 * time.Millisecond
		}
		return time.Millisecond
	}}
	tally := (&Runner{Plan: oneWorker(100), Target: target, Clock: clock}).Run(context.Background())
	if got := tally.Latency.Count(); got != 100 {
		t.Fatalf("%d operations, want 100", got)
	}
	// The stall of 500 ms holds up the 50 or so requests due in it: by 491 ms the first, then 9 ms less each.
	if p40, p90 := tally.Latency.Quantile(0.4), tally.Latency.Quantile(0.9); p40 > 2*time.Millisecond || p90 < 400*time.Millisecond {
		t.Errorf("p40 %v, p90 %v: the stall is not charged", p40, p90)
	}
}

func TestOpenLoopSaysWhatItCouldNotSend(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: constant(50 * time.Millisecond)}
	tally := (&Runner{Plan: oneWorker(100), Target: target, Clock: clock}).Run(context.Background())
	if got := tally.Latency.Count(); got != 20 || tally.Unsent != 80 {
		t.Errorf("%d sent and %d unsent, want 20 and 80", got, tally.Unsent)
	}
}

func TestErrorsAreNoOperations(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: constant(10 * time.Millisecond), fails: func(n int) string {
		return map[int]string{0: "500", 1: "404"}[n%4]
	}}
	tally := (&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(context.Background())
	if ops := tally.Writes + tally.Reads; ops != 50 || tally.Errors != 50 || tally.Latency.Count() != 50 {
		t.Errorf("%d operations, %d errors, %d latencies", ops, tally.Errors, tally.Latency.Count())
	}
	if tally.ErrorPercent() != 50 || tally.Status["500"] != 25 || tally.Status["404"] != 25 {
		t.Errorf("%v %% errors, %v", tally.ErrorPercent(), tally.Status)
	}
	if nothing := (&Tally{}).ErrorPercent(); nothing != 100 {
		t.Errorf("a test in which nothing succeeded has %v %% errors", nothing)
	}
}

func TestAMissingServiceIsNotHammered(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: constant(0), fails: func(int) string { return Transport }}
	tally := (&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(context.Background())
	if tally.Errors != int64(time.Second/transportPause) {
		t.Errorf("%d attempts in a second", tally.Errors)
	}
}

func TestTheSameSeedMakesTheSameOperations(t *testing.T) {
	var seen [2][]Operation
	for i := range seen {
		clock := newClock()
		target := &fakeTarget{clock: clock, took: constant(10 * time.Millisecond)}
		(&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(context.Background())
		seen[i] = target.seen
	}
	ids := map[string]bool{}
	for i, op := range seen[0] {
		ids[op.ID] = true
		if op != seen[1][i] {
			t.Fatalf("operation %d differs: %v, %v", i, op, seen[1][i])
		}
	}
	if len(ids) != len(seen[0]) {
		t.Error("ids repeat")
	}
	later := newClock()
	later.Sleep(context.Background(), time.Minute)
	target := &fakeTarget{clock: later, took: constant(10 * time.Millisecond)}
	(&Runner{Plan: oneWorker(0), Target: target, Clock: later}).Run(context.Background())
	if ids[target.seen[0].ID] {
		t.Errorf("a later test repeats the id %s", target.seen[0].ID)
	}
	if a, b := payloads(3), payloads(3); !bytes.Equal(a[63], b[63]) || bytes.Equal(a[63], payloads(4)[63]) {
		t.Error("payloads must follow the seed")
	}
}

func TestAnEndedContextStopsTheTest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	clock := newClock()
	target := &fakeTarget{clock: clock, took: func(n int) time.Duration {
		if n == 4 {
			cancel()
		}
		return 10 * time.Millisecond
	}, fails: func(n int) string { return map[bool]string{true: Transport}[n == 4] }}
	tally := (&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(ctx)
	if tally.Writes+tally.Reads != 4 || tally.Errors != 0 {
		t.Errorf("%d operations, %d errors", tally.Writes+tally.Reads, tally.Errors)
	}
}

func TestResultHasTheFieldsReadersKnow(t *testing.T) {
	clock := newClock()
	target := &fakeTarget{clock: clock, took: constant(10 * time.Millisecond)}
	tally := (&Runner{Plan: oneWorker(0), Target: target, Clock: clock}).Run(context.Background())
	dir := t.TempDir() + "/new"
	path, err := NewResult(oneWorker(0), tally).Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"tool": "profbook-loadgen", "timestamp": "2026-01-02T03:04:05Z", "duration_s": 1.0, "total_ops": 100.0, "errors": 0.0,
		"ops_per_sec": 100.0, "avg_latency_ms": 10.0, "workers": 1.0, "rate": 0.0, "streams": 5.0, "unsent": 0.0,
	} {
		if fields[name] != want {
			t.Errorf("%s is %v, want %v", name, fields[name], want)
		}
	}
	quantiles, _ := fields["latency_ms"].(map[string]any)
	if len(quantiles) != 6 || quantiles["p999"] != 10.0 || quantiles["max"] != 10.0 {
		t.Errorf("latency_ms is %v", quantiles)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files in the directory, want the result alone", len(files))
	}
}

func TestAResultWithoutSuccessIsStillJSON(t *testing.T) {
	text, err := json.Marshal(NewResult(oneWorker(0), &Tally{Errors: 5}))
	if err != nil || !strings.Contains(string(text), `"latency_ms":{},"histogram_ms":[]`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestEventStoreClient(t *testing.T) {
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.String())
		if r.Method == http.MethodPost {
			if !json.Valid(body) || !strings.HasPrefix(string(body), `{"id":"w0-1",`) {
				t.Errorf("body is %s", body)
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"version":25}`))
			return
		}
		if strings.Contains(r.URL.Path, "stream-003") {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	}))
	plan := oneWorker(0)
	client := NewEventStore(service.URL+"/", plan)
	for _, c := range []struct {
		op     Operation
		status string
		ok     bool
	}{
		{Operation{Write: true, Stream: 2, ID: "w0-1"}, "201", true},
		{Operation{Stream: 2}, "200", true},
		{Operation{Stream: 3}, "302", false},
	} {
		if status, ok := client.Do(context.Background(), c.op); status != c.status || ok != c.ok {
			t.Errorf("%v gives %s, %v", c.op, status, ok)
		}
	}
	service.Close()
	if status, ok := client.Do(context.Background(), Operation{}); status != Transport || ok {
		t.Errorf("a stopped service gives %s, %v", status, ok)
	}
	want := "POST /streams/stream-002/events,GET /streams/stream-002?from=16,GET /streams/stream-003?from=0"
	if got := strings.Join(asked, ","); got != want {
		t.Errorf("asked %s", got)
	}
}

func TestCheckReportsAllFaults(t *testing.T) {
	err := Plan{Writes: 101, Rate: -1}.Check()
	for _, name := range []string{"--duration", "--workers", "--rate", "--streams", "--writes"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not reported: %v", name, err)
		}
	}
}
