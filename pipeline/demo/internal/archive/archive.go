// Package archive packs generated files into a tar stream and hashes what comes out: the work of a small container
// build, with its copy buffers taken from a pool or made anew.
package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
)

const bufferSize = 32 << 10

// Buffers lends copy buffers.
type Buffers interface {
	Get() []byte
	Put([]byte)
}

// Pooled lends buffers that were used before.
type Pooled struct{ pool sync.Pool }

// Get lends a buffer.
func (p *Pooled) Get() []byte {
	if buffer, ok := p.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, bufferSize)
}

// Put takes a buffer back.
func (p *Pooled) Put(buffer []byte) { p.pool.Put(&buffer) }

// Fresh makes a new buffer each time.
type Fresh struct{}

// Get makes a buffer.
func (Fresh) Get() []byte { return make([]byte, bufferSize) }

// Put leaves the buffer to the garbage collector.
func (Fresh) Put([]byte) {}

// Pack writes files of size bytes each as a tar stream and returns the hex SHA-256 of the stream.
func Pack(files int, size int64, buffers Buffers) (string, error) {
	sum := sha256.New()
	stream := tar.NewWriter(sum)
	for number := range files {
		header := &tar.Header{Name: fmt.Sprintf("layer/%06d", number), Mode: 0o644, Size: size}
		if err := stream.WriteHeader(header); err != nil {
			return "", err
		}
		if err := copyContent(stream, &content{left: size, state: uint64(number) + 1}, buffers); err != nil {
			return "", err
		}
	}
	if err := stream.Close(); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func copyContent(to io.Writer, from io.Reader, buffers Buffers) error {
	buffer := buffers.Get()
	defer buffers.Put(buffer)
	// Only Write and Read: a ReadFrom of the writer would pass the buffer by.
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer)
	return err
}

// content is a file's bytes: a fixed sequence for each file, made as it is read.
type content struct {
	left  int64
	state uint64
}

func (c *content) Read(into []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	into = into[:min(int64(len(into)), c.left)]
	for place := range into {
		c.state ^= c.state << 13
		c.state ^= c.state >> 7
		c.state ^= c.state << 17
		into[place] = byte(c.state)
	}
	c.left -= int64(len(into))
	return len(into), nil
}
