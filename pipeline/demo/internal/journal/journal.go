// Package journal keeps the last lines of what happened to the whole store, and gives each event its global position.
package journal

import (
	"fmt"
	"strconv"
	"sync"

	"profbook.dev/demo/internal/variant"
)

// keep is how many lines a journal remembers.
const keep = 1024

// Journal is a ring of lines behind one lock that every writer of every stream needs.
type Journal struct {
	variant  variant.Variant
	mu       sync.Mutex
	position int64
	lines    [keep][]byte
}

// New makes an empty journal.
func New(v variant.Variant) *Journal { return &Journal{variant: v} }

// Record writes a line and returns the position of its event, counted from 1.
func (j *Journal) Record(stream, kind string, version int64) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.position++
	slot := &j.lines[j.position%keep]
	if j.variant == variant.Optimized {
		*slot = appendLine((*slot)[:0], j.position, stream, kind, version)
	} else {
		*slot = formatLine(j.position, stream, kind, version)
	}
	return j.position
}

// Line returns a copy of the line at a position; empty when it was never written or is forgotten.
func (j *Journal) Line(position int64) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if position < 1 || position > j.position || position <= j.position-keep {
		return ""
	}
	return string(j.lines[position%keep])
}

// formatLine builds a line from pieces, each a string of its own.
func formatLine(position int64, stream, kind string, version int64) []byte {
	line := fmt.Sprintf("%d", position)
	line = line + " " + stream
	line = line + " " + kind
	line = line + " " + fmt.Sprintf("%d", version)
	return []byte(line)
}

// appendLine writes a line where the oldest one stood.
func appendLine(line []byte, position int64, stream, kind string, version int64) []byte {
	line = strconv.AppendInt(line, position, 10)
	line = append(append(line, ' '), stream...)
	line = append(append(line, ' '), kind...)
	return strconv.AppendInt(append(line, ' '), version, 10)
}
