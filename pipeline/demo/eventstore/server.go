package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"strconv"

	"profbook.dev/demo/internal/codec"
	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/leak"
	"profbook.dev/demo/internal/pool"
	"profbook.dev/demo/internal/ration"
	"profbook.dev/demo/internal/store"
	"profbook.dev/demo/internal/variant"
)

// maxBody bounds the body of an append.
const maxBody = 64 << 10

// server answers requests.
type server struct {
	variant variant.Variant
	store   *store.Store
	leaker  *leak.Leaker
	fail    ration.Ration
}

func newServer(opts options) *server {
	made := &server{
		variant: opts.variant, store: store.New(opts.variant, opts.keep, opts.maxStreams), leaker: leak.New(opts.leak),
	}
	made.fail.Set(opts.fail)
	return made
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /streams/{id}/events", s.orFail(s.appendEvent))
	mux.HandleFunc("GET /streams/{id}", s.orFail(s.readStream))
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// orFail answers the planted share of requests with 500 before any work is done.
func (s *server) orFail(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.fail.Next() > 0 {
			http.Error(w, "planted failure", http.StatusInternalServerError)
			return
		}
		next(w, r)
	}
}

func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, fmt.Appendf(nil, `{"status":"ok","variant":"%s"}`+"\n", s.variant))
}

func (s *server) appendEvent(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := event.CheckName("stream", id); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, release, err := s.readBody(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "cannot read the body: "+err.Error(), bodyStatus(err))
		return
	}
	defer release()
	draft, err := codec.Decode(s.variant, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	version, fresh, err := s.store.Append(id, draft)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInsufficientStorage)
		return
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
		s.leaker.OnAppend(body)
	}
	answer(w, status, fmt.Appendf(nil, `{"version":%d}`+"\n", version))
}

// readBody reads a body whole; release gives its buffer back. The baseline allocates, the optimized variant borrows.
func (s *server) readBody(from io.Reader) (body []byte, release func(), err error) {
	if s.variant == variant.Baseline {
		body, err = io.ReadAll(from)
		return body, func() {}, err
	}
	buffer := pool.Get()
	if _, err := buffer.ReadFrom(from); err != nil {
		pool.Put(buffer)
		return nil, nil, err
	}
	return buffer.Bytes(), func() { pool.Put(buffer) }, nil
}

func bodyStatus(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func (s *server) readStream(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := event.CheckName("stream", id); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	from, err := parseFrom(r.URL.Query().Get("from"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	events, version := s.store.Read(nil, id, from)
	buffer := &bytes.Buffer{}
	if s.variant == variant.Optimized {
		buffer = pool.Get()
		defer pool.Put(buffer)
	}
	text := codec.Render(s.variant, buffer.AvailableBuffer(), id, version, events)
	buffer.Write(text)
	answer(w, http.StatusOK, buffer.Bytes())
}

func parseFrom(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	from, err := strconv.ParseInt(text, 10, 64)
	if err != nil || from < 0 {
		return 0, errors.New("from must be a version: a whole number, 0 or more")
	}
	return from, nil
}

// answer writes JSON in one piece. A client that went away is no concern of the service.
func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
