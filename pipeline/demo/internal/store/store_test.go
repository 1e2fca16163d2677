package store

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"profbook.dev/demo/internal/codec"
	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/variant"
)

var both = []variant.Variant{variant.Baseline, variant.Optimized}

func draft(t testing.TB, v variant.Variant, id string) event.Draft {
	t.Helper()
	made, err := codec.Decode(v, []byte(fmt.Sprintf(`{"id":%q,"type":"Paid","data":{"of":%q}}`, id, id)))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func fill(t testing.TB, v variant.Variant, events int) *Store {
	t.Helper()
	s := New(v, 8, 3)
	for i := 1; i <= events; i++ {
		version, fresh, err := s.Append("s1", draft(t, v, fmt.Sprintf("e%d", i)))
		if version != int64(i) || !fresh || err != nil {
			t.Fatalf("%v: append %d gives version %d, fresh %v, %v", v, i, version, fresh, err)
		}
	}
	return s
}

func TestReadGivesTheRememberedTail(t *testing.T) {
	for _, v := range both {
		s := fill(t, v, 20)
		for from, want := range map[int64]int64{-1: 13, 0: 13, 13: 13, 18: 18, 20: 20} {
			events, version := s.Read(nil, "s1", from)
			if version != 20 || len(events) != int(21-want) || events[0].Version != want {
				t.Errorf("%v: Read(from %d) = %d events at version %d", v, from, len(events), version)
			}
		}
		if events, version := s.Read(nil, "s1", 21); len(events) != 0 || version != 20 {
			t.Errorf("%v: read %d events past the end", v, len(events))
		}
		if events, version := s.Read(nil, "nobody", 0); len(events) != 0 || version != 0 {
			t.Errorf("%v: an unknown stream has %d events, version %d", v, len(events), version)
		}
	}
}

func TestBothVariantsStoreTheSame(t *testing.T) {
	baseline, _ := fill(t, variant.Baseline, 20).Read(nil, "s1", 0)
	optimized, _ := fill(t, variant.Optimized, 20).Read(nil, "s1", 0)
	if !reflect.DeepEqual(baseline, optimized) {
		t.Errorf("baseline stored %v, optimized %v", baseline, optimized)
	}
}

func TestAppendOfAKnownIDStoresNothing(t *testing.T) {
	for _, v := range both {
		s := fill(t, v, 5)
		version, fresh, err := s.Append("s1", draft(t, v, "E3"))
		if version != 3 || fresh || err != nil {
			t.Errorf("%v: repeated append gives version %d, fresh %v, %v", v, version, fresh, err)
		}
	}
}

func TestMemoryHasACeiling(t *testing.T) {
	for _, v := range both {
		s := fill(t, v, 100)
		if kept := len(s.streams["s1"].ring); kept != 8 {
			t.Errorf("%v: %d events kept, want 8", v, kept)
		}
		for _, id := range []string{"s2", "s3"} {
			if _, _, err := s.Append(id, draft(t, v, "e1")); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.Append("s4", draft(t, v, "e1")); !errors.Is(err, ErrFull) {
			t.Errorf("%v: a fourth stream of three gives %v", v, err)
		}
	}
}

func TestConcurrentAppendsAndReads(t *testing.T) {
	const workers, each = 4, 100
	for _, v := range both {
		s := New(v, 64, 3)
		var group sync.WaitGroup
		for w := range workers {
			drafts := make([]event.Draft, each)
			for i := range drafts {
				drafts[i] = draft(t, v, fmt.Sprintf("w%d-%d", w, i))
			}
			group.Add(1)
			go func() {
				defer group.Done()
				for i, next := range drafts {
					if _, _, err := s.Append(fmt.Sprintf("s%d", i%2), next); err != nil {
						t.Error(err)
					}
					s.Read(nil, "s0", 0)
				}
			}()
		}
		group.Wait()
		_, even := s.Read(nil, "s0", 0)
		_, odd := s.Read(nil, "s1", 0)
		if even+odd != workers*each {
			t.Errorf("%v: %d events stored, want %d", v, even+odd, workers*each)
		}
	}
}
