// Package index finds the events of one stream by their ids, which do not depend on letter case.
package index

import (
	"strings"

	"profbook.dev/demo/internal/slow"
	"profbook.dev/demo/internal/variant"
)

var slowLookup = slow.NewPoint("index.Lookup")

// Index remembers the ids of the last events of a stream. It is not safe for concurrent use: its stream guards it.
type Index struct {
	variant  variant.Variant
	keep     int
	ids      []string         // ring: the id of version v is at v % keep
	versions map[string]int64 // by folded id; optimized only
}

// New makes an index over the last keep events.
func New(v variant.Variant, keep int) *Index {
	index := &Index{variant: v, keep: keep, ids: make([]string, keep)}
	if v == variant.Optimized {
		index.versions = make(map[string]int64, keep)
	}
	return index
}

// Lookup finds the version of an event among the last ones; latest is the newest version of the stream.
func (x *Index) Lookup(id string, latest int64) (version int64, found bool) {
	for range slowLookup.Extra() {
		x.find(id, latest)
	}
	return x.find(id, latest)
}

func (x *Index) find(id string, latest int64) (int64, bool) {
	if x.variant == variant.Optimized {
		version, found := x.versions[strings.ToLower(id)]
		return version, found
	}
	return x.scanAll(id, latest)
}

// scanAll compares every remembered id, oldest first.
func (x *Index) scanAll(id string, latest int64) (int64, bool) {
	for version := max(1, latest-int64(x.keep)+1); version <= latest; version++ {
		if strings.EqualFold(x.ids[version%int64(x.keep)], id) {
			return version, true
		}
	}
	return 0, false
}

// Add remembers the id of a new version and forgets the oldest.
func (x *Index) Add(id string, version int64) {
	slot := &x.ids[version%int64(x.keep)]
	if x.variant == variant.Optimized {
		if *slot != "" {
			delete(x.versions, strings.ToLower(*slot))
		}
		x.versions[strings.ToLower(id)] = version
	}
	*slot = id
}
