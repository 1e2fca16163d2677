package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"profbook.dev/demo/internal/load"
)

// failing answers every n-th request with 500, none for 0.
func failing(t *testing.T, every int64) string {
	t.Helper()
	var asked atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if every > 0 && asked.Add(1)%every == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(service.Close)
	return service.URL
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name  string
		every int64
		args  []string
		code  int
	}{
		{"all well", 0, nil, 0},
		{"one in four fails", 4, nil, 1},
		{"one in four may fail", 4, []string{"--max-error-rate=50"}, 0},
		{"nothing succeeds, and all may fail", 1, []string{"--max-error-rate=100"}, 0},
	} {
		var stderr bytes.Buffer
		dir := t.TempDir()
		args := append([]string{"--url", failing(t, c.every), "--duration=50ms", "--workers=2", "--profile-dir", dir}, c.args...)
		if code := run(context.Background(), args, &stderr); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, code, c.code, stderr.String())
		}
		if _, err := os.Stat(filepath.Join(dir, load.ResultFile)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestASignalKeepsWhatWasMeasured(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if code := run(ctx, []string{"--profile-dir", dir}, &bytes.Buffer{}); code != interrupted {
		t.Errorf("exit code %d, want %d", code, interrupted)
	}
	if _, err := os.Stat(filepath.Join(dir, load.ResultFile)); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, args := range [][]string{
		{"--duration=0s"}, {"--workers=0"}, {"--rate=-1"}, {"--rate=NaN"}, {"--streams=0"}, {"--writes=101"}, {"extra"}, {"--unknown"},
		{"--url=nothing"}, {"--url=ftp://host"}, {"--max-error-rate=101"}, {"--max-error-rate=NaN"},
	} {
		var stderr bytes.Buffer
		if code := run(context.Background(), args, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%v: exit code %d, says %q", args, code, stderr.String())
		}
	}
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"--help"}, &stderr); code != 0 || !strings.Contains(stderr.String(), "-max-error-rate") {
		t.Errorf("--help: exit code %d", code)
	}
}

func TestAnUnwritableDirectoryIsAFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--url", failing(t, 0), "--duration=10ms", "--profile-dir", file}
	if code := run(context.Background(), args, &bytes.Buffer{}); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
