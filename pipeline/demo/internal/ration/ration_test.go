package ration

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestNextDealsTheExactShare(t *testing.T) {
	for _, percent := range []int{0, 1, 30, 50, 99, 100, 130, 250} {
		var r Ration
		r.Set(percent)
		got := 0
		for range 1000 {
			got += r.Next()
		}
		if want := 10 * percent; got != want {
			t.Errorf("%d %%: 1000 calls dealt %d extras, want %d", percent, got, want)
		}
	}
}

func TestNextSpreadsEvenly(t *testing.T) {
	var r Ration
	r.Set(50)
	for i := range 10 {
		if got, want := r.Next(), i%2; got != want {
			t.Errorf("call %d dealt %d, want %d", i, got, want)
		}
	}
}

func TestNextIsExactUnderConcurrency(t *testing.T) {
	var r Ration
	var dealt atomic.Int64
	var group sync.WaitGroup
	r.Set(30)
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 250 {
				dealt.Add(int64(r.Next()))
			}
		}()
	}
	group.Wait()
	if got := dealt.Load(); got != 300 {
		t.Errorf("1000 calls dealt %d extras, want 300", got)
	}
}
