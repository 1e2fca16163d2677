package leak

import (
	"runtime"
	"testing"
)

func (l *Leaker) pieces() int {
	n := 0
	for piece := l.retained; piece != nil; piece = piece.next {
		n++
	}
	return n
}

func TestOnAppendLeaksWhatItsKindSays(t *testing.T) {
	const calls = 500
	for _, kind := range []Kind{None, Heap, Goroutine} {
		l := New(kind)
		before := runtime.NumGoroutine()
		for range calls {
			l.OnAppend([]byte("event"))
		}
		goroutines := runtime.NumGoroutine() - before
		if want := map[Kind]int{Goroutine: calls * goroutinePercent / 100}[kind]; goroutines != want {
			t.Errorf("%s: %d goroutines stay, want %d", kind, goroutines, want)
		}
		if want := map[Kind]int{Heap: calls}[kind]; l.pieces() != want {
			t.Errorf("%s: %d pieces stay, want %d", kind, l.pieces(), want)
		}
	}
}

func TestParse(t *testing.T) {
	if kind, err := Parse("heap"); kind != Heap || err != nil {
		t.Errorf("Parse(heap) = %v, %v", kind, err)
	}
	if _, err := Parse("disk"); err == nil {
		t.Error("Parse(disk) accepted")
	}
}
