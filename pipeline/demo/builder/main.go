// Command builder does the work of a small container build and ends: it packs files and hashes them. It writes its own
// profiles, and serves them while it runs when asked to; made to be measured from start to end.
//
// Exit codes: 0 built, 1 a profile could not be written or served, 2 wrong options.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof" // serves /debug/pprof/ on the default mux
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"profbook.dev/demo/internal/archive"
)

// options are the checked words of the command line.
type options struct {
	cpuProfile string
	memProfile string
	pprofHTTP  bool
	pprofPort  int
	files      int
	size       int64
	atLeast    time.Duration
	pools      bool
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run builds once, or until --at-least has passed, and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	sum, err := profiled(opts)
	if err != nil {
		fmt.Fprintf(stderr, "builder: %v\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "built %d files, sha256:%s\n", opts.files, sum)
	return 0
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("builder", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.cpuProfile, "cpuprofile", "", "write a CPU profile to `file`")
	flags.StringVar(&opts.memProfile, "memprofile", "", "write a heap profile to `file`")
	flags.BoolVar(&opts.pprofHTTP, "pprof-http", false, "serve /debug/pprof/ while building")
	flags.IntVar(&opts.pprofPort, "pprof-port", 6060, "`port` of --pprof-http on 127.0.0.1")
	flags.IntVar(&opts.files, "files", 200, "how many files to pack")
	flags.Int64Var(&opts.size, "size", 64<<10, "size of each file in bytes")
	flags.DurationVar(&opts.atLeast, "at-least", 0, "build again until this long has passed")
	flags.BoolVar(&opts.pools, "pools", false, "take copy buffers from a pool")
	err := flags.Parse(args)
	if err == nil && (opts.files < 1 || opts.size < 0) {
		err = errors.New("--files and --size must be positive")
		fmt.Fprintf(stderr, "builder: %v\n", err)
	}
	return opts, err
}

// profiled builds while the profiles that were asked for are taken.
func profiled(opts options) (string, error) {
	if opts.pprofHTTP {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", opts.pprofPort))
		if err != nil {
			return "", err
		}
		defer listener.Close()
		go http.Serve(listener, nil) //nolint:errcheck // ends with the program
	}
	if opts.cpuProfile != "" {
		file, err := os.Create(opts.cpuProfile)
		if err != nil {
			return "", err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return "", err
		}
		defer pprof.StopCPUProfile()
	}
	sum, err := build(opts)
	if err != nil || opts.memProfile == "" {
		return sum, err
	}
	return sum, writeHeap(opts.memProfile)
}

func build(opts options) (string, error) {
	var buffers archive.Buffers = archive.Fresh{}
	if opts.pools {
		buffers = &archive.Pooled{}
	}
	for began := time.Now(); ; {
		sum, err := archive.Pack(opts.files, opts.size, buffers)
		if err != nil || time.Since(began) >= opts.atLeast {
			return sum, err
		}
	}
}

// writeHeap writes the heap as it is after a collection, so that in-use means live.
func writeHeap(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(file), file.Close())
}
