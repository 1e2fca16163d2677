// Package pool lends byte buffers.
package pool

import (
	"bytes"
	"sync"
)

// maxKept is the largest buffer worth keeping; a bigger one would pin its memory for one rare request.
const maxKept = 256 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Get lends an empty buffer; give it back with Put.
func Get() *bytes.Buffer {
	buffer, _ := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	return buffer
}

// Put takes a buffer back; its bytes must not be used any more.
func Put(buffer *bytes.Buffer) {
	if buffer.Cap() <= maxKept {
		buffers.Put(buffer)
	}
}
