// Package store keeps the last events of each stream in memory.
//
// Rules: a stream holds a ring of its last events and a store a bounded number of streams, so memory has a ceiling;
// stored events are never changed. The baseline does everything under one lock, the optimized variant locks a stream.
package store

import (
	"errors"
	"fmt"
	"sync"

	"profbook.dev/demo/internal/codec"
	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/hash"
	"profbook.dev/demo/internal/index"
	"profbook.dev/demo/internal/journal"
	"profbook.dev/demo/internal/variant"
)

// ErrFull says that no further stream fits.
var ErrFull = errors.New("the store holds as many streams as it may")

// Store holds streams of events; it is safe for concurrent use.
type Store struct {
	variant    variant.Variant
	keep       int
	maxStreams int
	journal    *journal.Journal

	everything sync.Mutex // baseline: taken for every append and read
	table      sync.RWMutex
	streams    map[string]*stream
}

// stream is one chain of events; mu guards the rest.
type stream struct {
	mu      sync.Mutex
	version int64
	digest  uint64
	ring    []event.Event // the event of version v is at v % len(ring)
	ids     *index.Index
}

// New makes an empty store of at most maxStreams streams that keep their last keep events.
func New(v variant.Variant, keep, maxStreams int) *Store {
	return &Store{
		variant: v, keep: keep, maxStreams: maxStreams, journal: journal.New(v), streams: make(map[string]*stream),
	}
}

// Append stores a draft at the end of a stream. A draft whose id the stream remembers is not stored again: fresh is
// false and the version is that of the event stored before. It returns ErrFull for one stream too many.
func (s *Store) Append(id string, draft event.Draft) (version int64, fresh bool, err error) {
	if s.variant == variant.Baseline {
		return s.appendUnderOneLock(id, draft)
	}
	data := codec.Encode(s.variant, draft)
	target, err := s.open(id)
	if err != nil {
		return 0, false, err
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	version, fresh = s.chain(id, target, draft, data)
	return version, fresh, nil
}

// appendUnderOneLock makes every writer and reader of every stream wait while one event is encoded and hashed.
func (s *Store) appendUnderOneLock(id string, draft event.Draft) (int64, bool, error) {
	s.everything.Lock()
	defer s.everything.Unlock()
	target, err := s.open(id)
	if err != nil {
		return 0, false, err
	}
	version, fresh := s.chain(id, target, draft, codec.Encode(s.variant, draft))
	return version, fresh, nil
}

// open finds a stream, or makes it.
func (s *Store) open(id string) (*stream, error) {
	if found := s.lookup(id); found != nil {
		return found, nil
	}
	s.table.Lock()
	defer s.table.Unlock()
	if found := s.streams[id]; found != nil {
		return found, nil
	}
	if len(s.streams) >= s.maxStreams {
		return nil, fmt.Errorf("%w: %d", ErrFull, s.maxStreams)
	}
	made := &stream{ring: make([]event.Event, s.keep), ids: index.New(s.variant, s.keep)}
	s.streams[id] = made
	return made, nil
}

func (s *Store) lookup(id string) *stream {
	s.table.RLock()
	defer s.table.RUnlock()
	return s.streams[id]
}

// chain links a new event to the last one of its stream; the caller holds the lock of the stream.
func (s *Store) chain(id string, target *stream, draft event.Draft, data []byte) (int64, bool) {
	if version, found := target.ids.Lookup(draft.ID, target.version); found {
		return version, false
	}
	target.version++
	target.digest = hash.Digest(s.variant, target.digest, data)
	target.ids.Add(draft.ID, target.version)
	target.ring[target.version%int64(s.keep)] = event.Event{
		Version: target.version, Position: s.journal.Record(id, draft.Type, target.version),
		ID: draft.ID, Type: draft.Type, Digest: target.digest, Data: data,
	}
	return target.version, true
}

// Read appends to dst the remembered events of a stream from a version on, and tells the stream's newest version.
// A stream that does not exist has version 0 and no events.
func (s *Store) Read(dst []event.Event, id string, from int64) (events []event.Event, version int64) {
	if s.variant == variant.Baseline {
		return s.copyUnderOneLock(id, from)
	}
	source := s.lookup(id)
	if source == nil {
		return dst, 0
	}
	source.mu.Lock()
	defer source.mu.Unlock()
	for v := source.first(from); v <= source.version; v++ {
		dst = append(dst, source.ring[v%int64(s.keep)])
	}
	return dst, source.version
}

// copyUnderOneLock copies every remembered event, data and all, and then drops those that were not asked for.
func (s *Store) copyUnderOneLock(id string, from int64) ([]event.Event, int64) {
	s.everything.Lock()
	defer s.everything.Unlock()
	source := s.lookup(id)
	if source == nil {
		return nil, 0
	}
	var events []event.Event
	for v := source.first(0); v <= source.version; v++ {
		copied := source.ring[v%int64(s.keep)]
		copied.Data = append([]byte(nil), copied.Data...)
		events = append(events, copied)
	}
	return events[source.first(from)-source.first(0):], source.version
}

// first is the oldest remembered version that is not older than from; one past the newest when there is none.
func (t *stream) first(from int64) int64 {
	return min(max(1, from, t.version-int64(len(t.ring))+1), t.version+1)
}
