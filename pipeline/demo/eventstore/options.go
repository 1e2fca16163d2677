package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"profbook.dev/demo/internal/leak"
	"profbook.dev/demo/internal/slow"
	"profbook.dev/demo/internal/variant"
)

// options are the checked words of the command line.
type options struct {
	port       int
	variant    variant.Variant
	leak       leak.Kind
	fail       int
	keep       int
	maxStreams int
}

// parseOptions reads the command line and plants the slowdown it asks for; faults are printed to stderr.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("eventstore", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&opts.port, "port", 8080, "`port` on 127.0.0.1; 0 takes a free one and prints it")
	named := flags.String("variant", "baseline", "baseline or optimized")
	leaking := flags.String("leak", "none", "none, heap or goroutine: what leaks with each append")
	slowed := flags.String("slow", "", "`FUNC:PCT`: FUNC burns PCT % more CPU; FUNC is one of "+strings.Join(slow.Names(), ", "))
	flags.IntVar(&opts.fail, "fail", 0, "`percent` of appends and reads answered with 500")
	flags.IntVar(&opts.keep, "keep", 64, "last `events` kept per stream")
	flags.IntVar(&opts.maxStreams, "max-streams", 10_000, "`streams` the store may hold")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	err := errors.Join(opts.check(flags.Args()), opts.name(*named, *leaking), slow.Plant(*slowed))
	if err != nil {
		fmt.Fprintf(stderr, "eventstore: %s\n", strings.ReplaceAll(err.Error(), "\n", "\neventstore: "))
	}
	return opts, err
}

func (o *options) name(variantName, leakName string) error {
	var first, second error
	o.variant, first = variant.Parse(variantName)
	o.leak, second = leak.Parse(leakName)
	return errors.Join(first, second)
}

func (o *options) check(rest []string) error {
	var faults []error
	inRange := func(name string, value, low, high int) {
		if value < low || value > high {
			faults = append(faults, fmt.Errorf("--%s must be %d to %d, not %d", name, low, high, value))
		}
	}
	inRange("port", o.port, 0, 65535)
	inRange("fail", o.fail, 0, 100)
	inRange("keep", o.keep, 1, 100_000)
	inRange("max-streams", o.maxStreams, 1, 1_000_000)
	if len(rest) > 0 {
		faults = append(faults, fmt.Errorf("unexpected argument %q", rest[0]))
	}
	return errors.Join(faults...)
}

// usageCode is the exit code after parseOptions: 0 when help was asked for, else 2.
func usageCode(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	return 2
}
