package hash

import (
	"hash/crc64"
	"testing"

	"profbook.dev/demo/internal/slow"
	"profbook.dev/demo/internal/variant"
)

func TestBothVariantsComputeTheSameChain(t *testing.T) {
	var before uint64
	for _, text := range []string{"", "a", "123456789", `{"order":{"lines":[1,2,3]}}`} {
		data := []byte(text)
		want := crc64.Update(before, crc64.MakeTable(crc64.ECMA), data)
		for _, v := range []variant.Variant{variant.Baseline, variant.Optimized} {
			if got := Digest(v, before, data); got != want {
				t.Errorf("%v: Digest(%x, %q) = %x, want %x", v, before, text, got, want)
			}
		}
		before = want
	}
}

func TestASlowdownChangesNoDigest(t *testing.T) {
	plain := Digest(variant.Baseline, 7, []byte("event"))
	if err := slow.Plant("hash.Digest:200"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Plant("") }()
	if slowed := Digest(variant.Baseline, 7, []byte("event")); slowed != plain {
		t.Errorf("slowed digest %x differs from %x", slowed, plain)
	}
}

func BenchmarkDigest(b *testing.B) {
	data := make([]byte, 1024)
	for _, v := range []variant.Variant{variant.Baseline, variant.Optimized} {
		b.Run(v.String(), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for range b.N {
				Digest(v, 1, data)
			}
		})
	}
}
