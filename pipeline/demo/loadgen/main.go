// Command loadgen offers a mix of appends and reads to the demo event store and writes what it measured to
// load-test-results.json: throughput, errors, latency quantiles and a latency histogram.
//
// With --rate 0 it is a closed loop: each worker sends its next request when the last is answered. With a rate it is an
// open loop: requests are due at a fixed pace and latency counts from when a request was due.
//
// Exit codes: 0 done, 1 more errors than --max-error-rate (or the result cannot be written), 2 wrong options, 130 stopped
// by a signal. The result is written in every case but 2.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"profbook.dev/demo/internal/load"
)

const interrupted = 130

// options are the checked words of the command line.
type options struct {
	plan         load.Plan
	url          string
	profileDir   string
	maxErrorRate float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run does one load test and returns the exit code.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	runner := &load.Runner{
		Plan: opts.plan, Target: load.NewEventStore(opts.url, opts.plan), Clock: load.WallClock{}, Progress: stderr,
	}
	tally := runner.Run(ctx)
	result := load.NewResult(opts.plan, tally)
	path, err := result.Write(opts.profileDir)
	if err != nil {
		fmt.Fprintf(stderr, "loadgen: %v\n", err)
		return 1
	}
	fmt.Fprintf(stderr, "loadgen: %d ops, %.0f ops/s, %d errors, mean %.3f ms; wrote %s\n",
		result.TotalOps, result.OpsPerSec, result.Errors, result.AvgLatencyMs, path)
	return judge(ctx, tally, opts.maxErrorRate, stderr)
}

// judge turns a finished test into an exit code.
func judge(ctx context.Context, tally *load.Tally, maxErrorRate float64, stderr io.Writer) int {
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "loadgen: stopped by a signal")
		return interrupted
	}
	if rate := tally.ErrorPercent(); rate > maxErrorRate {
		fmt.Fprintf(stderr, "loadgen: FAILED: %.2f %% errors, at most %g %% allowed\n", rate, maxErrorRate)
		return 1
	}
	return 0
}

// parseOptions reads the command line; faults are printed to stderr.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.url, "url", "http://127.0.0.1:8080", "base `URL` of the event store")
	flags.StringVar(&opts.profileDir, "profile-dir", ".", "`directory` that gets "+load.ResultFile)
	flags.DurationVar(&opts.plan.Duration, "duration", 30*time.Second, "how long to offer load")
	flags.IntVar(&opts.plan.Workers, "workers", 10, "concurrent `workers`")
	flags.Float64Var(&opts.plan.Rate, "rate", 0, "operations a `second`; 0 is a closed loop")
	flags.IntVar(&opts.plan.Streams, "streams", 100, "number of `streams`")
	flags.IntVar(&opts.plan.Writes, "writes", 90, "`percent` of operations that append")
	flags.Uint64Var(&opts.plan.Seed, "seed", 1, "`seed` of operations and payloads")
	flags.Float64Var(&opts.maxErrorRate, "max-error-rate", 1, "`percent` of operations that may fail")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	err := errors.Join(opts.plan.Check(), opts.check(flags.Args()))
	if err != nil {
		fmt.Fprintf(stderr, "loadgen: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nloadgen: "))
	}
	return opts, err
}

func (o *options) check(rest []string) error {
	var faults []error
	base, err := url.Parse(o.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		faults = append(faults, errors.New("--url must be http://HOST[:PORT] or https://HOST[:PORT]"))
	}
	if !(o.maxErrorRate >= 0 && o.maxErrorRate <= 100) {
		faults = append(faults, fmt.Errorf("--max-error-rate must be 0 to 100 percent, not %v", o.maxErrorRate))
	}
	if len(rest) > 0 {
		faults = append(faults, fmt.Errorf("unexpected argument %q", rest[0]))
	}
	return errors.Join(faults...)
}
