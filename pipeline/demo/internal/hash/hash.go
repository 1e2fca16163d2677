// Package hash chains the events of a stream: each digest covers the event and the digest before it.
package hash

import (
	"hash/crc64"

	"profbook.dev/demo/internal/slow"
	"profbook.dev/demo/internal/variant"
)

var (
	table      = crc64.MakeTable(crc64.ECMA)
	slowDigest = slow.NewPoint("hash.Digest")
)

// Digest extends the CRC-64 (ECMA) of a chain by data.
func Digest(v variant.Variant, previous uint64, data []byte) uint64 {
	for range slowDigest.Extra() {
		digest(v, previous, data)
	}
	return digest(v, previous, data)
}

func digest(v variant.Variant, previous uint64, data []byte) uint64 {
	if v == variant.Optimized {
		return crc64.Update(previous, table, data)
	}
	return digestBitByBit(previous, data)
}

// digestBitByBit is the definition of the sum: shift, and subtract the polynomial when a one falls out.
func digestBitByBit(previous uint64, data []byte) uint64 {
	sum := ^previous
	for _, b := range data {
		sum ^= uint64(b)
		for range 8 {
			sum = sum>>1 ^ crc64.ECMA&-(sum&1) // no branch: its cost would depend on the data having been seen before
		}
	}
	return ^sum
}
