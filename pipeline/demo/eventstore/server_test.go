package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"profbook.dev/demo/internal/slow"
)

func handler(t *testing.T, args ...string) http.Handler {
	t.Helper()
	opts, err := parseOptions(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return newServer(opts).routes()
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder
}

func TestAppendThenRead(t *testing.T) {
	for _, variant := range []string{"baseline", "optimized"} {
		h := handler(t, "--variant="+variant)
		for i := 1; i <= 3; i++ {
			body := fmt.Sprintf(`{"id":"e%d","type":"Paid","data":{"sum":%d}}`, i, i)
			got := ask(h, "POST", "/streams/s1/events", body)
			if want := fmt.Sprintf(`{"version":%d}`+"\n", i); got.Code != 201 || got.Body.String() != want {
				t.Fatalf("%s: append gives %d %s", variant, got.Code, got.Body)
			}
		}
		if again := ask(h, "POST", "/streams/s1/events", `{"id":"e2","type":"Paid"}`); again.Code != 200 {
			t.Errorf("%s: a repeated append gives %d", variant, again.Code)
		}
		var read struct {
			Version int64
			Events  []struct{ Data struct{ Sum int } }
		}
		answer := ask(h, "GET", "/streams/s1?from=2", "")
		if err := json.Unmarshal(answer.Body.Bytes(), &read); err != nil {
			t.Fatalf("%s: %v in %s", variant, err, answer.Body)
		}
		if read.Version != 3 || len(read.Events) != 2 || read.Events[0].Data.Sum != 2 {
			t.Errorf("%s: read gives %s", variant, answer.Body)
		}
	}
}

func TestRefusals(t *testing.T) {
	h := handler(t, "--max-streams=1")
	ask(h, "POST", "/streams/s1/events", `{"id":"e1","type":"T"}`)
	for _, c := range []struct {
		method, target, body string
		status               int
	}{
		{"POST", "/streams/s1/events", `{`, 400},
		{"POST", "/streams/s%22/events", `{"id":"e2","type":"T"}`, 400},
		{"POST", "/streams/s2/events", `{"id":"e1","type":"T"}`, 507},
		{"POST", "/streams/s1/events", strings.Repeat(" ", maxBody+1), 413},
		{"GET", "/streams/s1?from=-1", "", 400},
		{"GET", "/streams/s1?from=x", "", 400},
		{"GET", "/streams/s%22", "", 400},
		{"DELETE", "/streams/s1", "", 405},
		{"GET", "/nothing", "", 404},
		{"GET", "/streams/unknown", "", 200},
		{"GET", "/health", "", 200},
		{"GET", "/debug/pprof/goroutine", "", 200},
	} {
		if got := ask(h, c.method, c.target, c.body); got.Code != c.status {
			t.Errorf("%s %s gives %d, want %d: %.80s", c.method, c.target, got.Code, c.status, got.Body)
		}
	}
}

func TestFailAnswersTheExactShareWith500(t *testing.T) {
	h := handler(t, "--fail=25")
	failed := 0
	for range 200 {
		if ask(h, "GET", "/streams/s1", "").Code == 500 {
			failed++
		}
	}
	if failed != 50 {
		t.Errorf("%d of 200 requests failed, want 50", failed)
	}
	if got := ask(h, "GET", "/health", ""); got.Code != 200 {
		t.Errorf("/health gives %d", got.Code)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, args := range [][]string{
		{"--variant=fast"}, {"--leak=disk"}, {"--slow=main.main:10"}, {"--slow=hash.Digest:0"}, {"--fail=101"}, {"--fail=-1"},
		{"--keep=0"}, {"--port=70000"}, {"--max-streams=0"}, {"extra"}, {"--unknown"},
	} {
		var stderr bytes.Buffer
		if code := run(context.Background(), args, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%v: exit code %d, says %q", args, code, stderr.String())
		}
	}
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"--help"}, &stderr); code != 0 || !strings.Contains(stderr.String(), "hash.Digest") {
		t.Errorf("--help: exit code %d, says %q", code, stderr.String())
	}
}

func TestSlowableFunctions(t *testing.T) {
	want := []string{"codec.Decode", "codec.Encode", "hash.Digest", "index.Lookup"}
	if got := slow.Names(); !slices.Equal(got, want) {
		t.Errorf("slowable are %v; the documentation of this command says %v", got, want)
	}
}

func TestServeStopsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- serve(ctx, listener, handler(t)) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/health")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("health: %v, %v", response, err)
	}
	_ = response.Body.Close()
	cancel()
	if err := <-stopped; err != nil {
		t.Errorf("serve ends with %v", err)
	}
}
