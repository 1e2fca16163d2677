// Command eventstore is a small HTTP/JSON event store made to be profiled: it has a slow and a fast variant, and can
// leak, fail and slow down by known amounts.
//
//	POST /streams/{id}/events   {"id": "…", "type": "…", "data": …}   append an event
//	GET  /streams/{id}?from=N                                          read a stream from version N on
//	GET  /health                                                       200 when ready
//	GET  /debug/pprof/…                                                profiles, mutex and block among them
//
// It listens on 127.0.0.1 only and stops on SIGTERM and SIGINT. Functions that --slow can slow down, by 1 to 1000 % of
// their own cost: codec.Decode, codec.Encode, hash.Digest, index.Lookup.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

const (
	// mutexFraction records one of five lock waits: exact enough for a profile, cheap enough for every run.
	mutexFraction = 5
	// blockRateNanos records waits of 10 µs and longer, and of shorter ones a fair share.
	blockRateNanos = 10_000
	// stopWithin bounds a graceful stop.
	stopWithin = 3 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run serves until ctx ends; it returns the exit code: 0 stopped, 1 could not serve, 2 wrong options.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if err != nil {
		return usageCode(err)
	}
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockRateNanos)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", opts.port))
	if err != nil {
		fmt.Fprintf(stderr, "eventstore: %v\n", err)
		return 1
	}
	fmt.Fprintf(stderr, "eventstore: %s variant at http://%s\n", opts.variant, listener.Addr())
	if err := serve(ctx, listener, newServer(opts).routes()); err != nil {
		fmt.Fprintf(stderr, "eventstore: %v\n", err)
		return 1
	}
	return 0
}

// serve answers requests until ctx ends, then lets those under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	service := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // a CPU profile under way ends early
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		deadline, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if err := service.Shutdown(deadline); err != nil {
			stopped <- service.Close()
			return
		}
		stopped <- nil
	}()
	if err := service.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
