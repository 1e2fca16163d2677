package archive

import (
	"runtime"
	"testing"
)

func TestPackIsTheSameWithAndWithoutPool(t *testing.T) {
	pool := &Pooled{}
	first, err := Pack(8, 100_000, Fresh{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time the buffers have been used before
		again, err := Pack(8, 100_000, pool)
		if err != nil || again != first {
			t.Fatalf("pooled: %s, %v; want %s", again, err, first)
		}
	}
	if other, _ := Pack(8, 100_001, Fresh{}); other == first {
		t.Fatal("other files have the same sum")
	}
}

func TestPoolSavesAllocations(t *testing.T) {
	pool := &Pooled{}
	allocated := func(buffers Buffers) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Pack(500, 64, buffers); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if with, without := allocated(pool), allocated(Fresh{}); with > without/2 {
		t.Errorf("allocated with pool %d bytes, without %d", with, without)
	}
}

func BenchmarkPackWithPool(b *testing.B)    { benchmark(b, &Pooled{}) }
func BenchmarkPackWithoutPool(b *testing.B) { benchmark(b, Fresh{}) }

func benchmark(b *testing.B, buffers Buffers) {
	b.ReportAllocs()
	for range b.N {
		if _, err := Pack(16, 4096, buffers); err != nil {
			b.Fatal(err)
		}
	}
}
