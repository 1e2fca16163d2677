package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestProfilesAreWritten(t *testing.T) {
	folder := t.TempDir()
	cpu, heap := filepath.Join(folder, "cpu.prof"), filepath.Join(folder, "heap.prof")
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--files", "3", "--cpuprofile", cpu, "--memprofile", heap}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if !strings.HasPrefix(stdout.String(), "built 3 files, sha256:") {
		t.Errorf("said %q", stdout.String())
	}
	for _, path := range []string{cpu, heap} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if body, err := io.ReadAll(unpacked); err != nil || len(body) == 0 {
			t.Errorf("%s holds %d bytes, %v", path, len(body), err)
		}
	}
}

func TestProfilesAreServedWhileItBuilds(t *testing.T) {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(probe.Addr().String())
	probe.Close()
	ended := make(chan int)
	go func() {
		ended <- run([]string{"--pprof-http", "--pprof-port", port, "--at-least", "2s", "--files", "2"}, io.Discard, io.Discard)
	}()
	answered := false
	for range 100 {
		if answer, err := http.Get("http://127.0.0.1:" + port + "/debug/pprof/heap"); err == nil {
			answer.Body.Close()
			answered = answer.StatusCode == http.StatusOK
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if code := <-ended; code != 0 || !answered {
		t.Errorf("exit code %d, answered %t", code, answered)
	}
}

func TestWrongOptionsAndPlaces(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for code, words := range map[int][]string{
		0: {"--help"},
		1: {"--pprof-http", "--pprof-port", port},
		2: {"--files", "0"},
	} {
		if got := run(words, io.Discard, io.Discard); got != code {
			t.Errorf("%v: exit code %d, want %d", words, got, code)
		}
	}
	if got := run([]string{"--files", "1", "--memprofile", filepath.Join(t.TempDir(), "no", "where")}, io.Discard, io.Discard); got != 1 {
		t.Errorf("exit code %d for a place that is not there", got)
	}
}
