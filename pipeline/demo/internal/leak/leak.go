// Package leak plants the two leaks every Go service meets once: memory that stays referenced, and goroutines that wait
// for an answer nobody can send any more.
package leak

import (
	"fmt"
	"sync"

	"profbook.dev/demo/internal/ration"
)

// Kind is what leaks with each appended event.
type Kind string

const (
	// None leaks nothing.
	None Kind = "none"
	// Heap retains retainedBytes for each event.
	Heap Kind = "heap"
	// Goroutine leaves goroutinePercent goroutines behind for each hundred events.
	Goroutine Kind = "goroutine"
)

const (
	retainedBytes    = 256
	goroutinePercent = 1
)

// Parse reads a leak's name as it stands on the command line.
func Parse(name string) (Kind, error) {
	switch kind := Kind(name); kind {
	case None, Heap, Goroutine:
		return kind, nil
	}
	return None, fmt.Errorf("unknown leak %q: use none, heap or goroutine", name)
}

// Leaker leaks at a steady rate; it is safe for concurrent use.
type Leaker struct {
	kind     Kind
	share    ration.Ration
	mu       sync.Mutex
	retained *link
}

// link is a piece of retained memory: a list grows steadily, where a slice would grow in jumps.
type link struct {
	data [retainedBytes]byte
	next *link
}

// New makes a leaker of one kind.
func New(kind Kind) *Leaker {
	leaker := &Leaker{kind: kind}
	leaker.share.Set(goroutinePercent)
	return leaker
}

// OnAppend leaks what one appended event leaks.
func (l *Leaker) OnAppend(data []byte) {
	switch l.kind {
	case Heap:
		l.retainForever(data)
	case Goroutine:
		for range l.share.Next() {
			abandonGoroutine()
		}
	}
}

// retainForever keeps a copy of data reachable until the process ends.
func (l *Leaker) retainForever(data []byte) {
	piece := &link{}
	copy(piece.data[:], data)
	l.mu.Lock()
	defer l.mu.Unlock()
	piece.next = l.retained
	l.retained = piece
}

// abandonGoroutine starts a goroutine that waits on a channel only it knows, which proves to the garbage collector that
// it can never go on.
func abandonGoroutine() {
	go waitForAnswerThatNeverComes(make(chan struct{}))
}

func waitForAnswerThatNeverComes(answer chan struct{}) {
	<-answer
}
