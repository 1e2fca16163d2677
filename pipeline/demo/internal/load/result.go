package load

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ResultFile is the name of the result in a run directory.
const ResultFile = "load-test-results.json"

// perOctave is how many buckets of the written histogram a doubling of latency has.
const perOctave = 4

// Result is a load test as it is written. TotalOps, Writes, Reads and latencies count successful operations only.
type Result struct {
	Tool         string             `json:"tool"`
	Timestamp    string             `json:"timestamp"`
	DurationS    float64            `json:"duration_s"`
	TotalOps     int64              `json:"total_ops"`
	Writes       int64              `json:"writes"`
	Reads        int64              `json:"reads"`
	Errors       int64              `json:"errors"`
	OpsPerSec    float64            `json:"ops_per_sec"`
	AvgLatencyMs float64            `json:"avg_latency_ms"`
	LatencyMs    map[string]float64 `json:"latency_ms"`
	HistogramMs  []Bucket           `json:"histogram_ms"`
	Status       map[string]int64   `json:"status"`
	Workers      int                `json:"workers"`
	Rate         float64            `json:"rate"`
	Streams      int                `json:"streams"`
	Seed         uint64             `json:"seed"`
	Unsent       int64              `json:"unsent"`
}

// Bucket counts latencies above the bound of the bucket before it and at most LE.
type Bucket struct {
	LE    float64 `json:"le"`
	Count int64   `json:"count"`
}

// NewResult puts a tally in its written form. Without a successful operation there are no quantiles.
func NewResult(plan Plan, tally *Tally) Result {
	result := Result{
		Tool: "profbook-loadgen", Timestamp: tally.Started.UTC().Format(time.RFC3339),
		DurationS: tally.Elapsed.Seconds(), TotalOps: tally.Writes + tally.Reads,
		Writes: tally.Writes, Reads: tally.Reads, Errors: tally.Errors,
		AvgLatencyMs: milliseconds(tally.Latency.Mean()), LatencyMs: map[string]float64{}, HistogramMs: []Bucket{},
		Status: tally.Status, Workers: plan.Workers, Rate: plan.Rate, Streams: plan.Streams, Seed: plan.Seed,
		Unsent: tally.Unsent,
	}
	if result.DurationS > 0 {
		result.OpsPerSec = float64(result.TotalOps) / result.DurationS
	}
	if tally.Latency.Count() == 0 {
		return result
	}
	for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1} {
		result.LatencyMs[name] = milliseconds(tally.Latency.Quantile(q))
	}
	for _, bucket := range tally.Latency.Buckets(perOctave) {
		result.HistogramMs = append(result.HistogramMs, Bucket{LE: milliseconds(bucket.Bound), Count: bucket.Count})
	}
	return result
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Write puts a result into a directory, which it makes when needed: the file is there whole or not at all.
func (r Result) Write(dir string) (path string, err error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(dir, ResultFile)
	return path, writeWhole(path, append(text, '\n'))
}

// writeWhole writes beside the path, syncs, and renames.
func writeWhole(path string, data []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
			err = fmt.Errorf("cannot write %s: %w", path, err)
		}
	}()
	if _, err = file.Write(data); err != nil {
		return err
	}
	if err = file.Chmod(0o644); err != nil {
		return err
	}
	if err = file.Sync(); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
