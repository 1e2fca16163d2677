package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// answerWithin bounds one request, so that a service that hangs ends as errors.
	answerWithin = 10 * time.Second
	// tail is how many events a read asks for.
	tail = 10
	// maxAnswer bounds what is read of one answer.
	maxAnswer = 16 << 20
)

// EventStore is the demo service as a Target.
type EventStore struct {
	url      string
	client   *http.Client
	payloads [][]byte
	versions []atomic.Int64 // newest version seen, by stream
}

// NewEventStore makes a target for the service at a base URL.
func NewEventStore(url string, plan Plan) *EventStore {
	return &EventStore{
		url: strings.TrimRight(url, "/"),
		client: &http.Client{
			Timeout: answerWithin,
			Transport: &http.Transport{
				MaxIdleConns: plan.Workers, MaxIdleConnsPerHost: plan.Workers, DisableCompression: true, Proxy: nil,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		payloads: payloads(plan.Seed),
		versions: make([]atomic.Int64, plan.Streams),
	}
}

// Do sends one request; any 2xx answer that arrives whole is a success.
func (e *EventStore) Do(ctx context.Context, op Operation) (status string, ok bool) {
	request, err := e.request(ctx, op)
	if err != nil {
		return Transport, false
	}
	response, err := e.client.Do(request)
	if err != nil {
		return Transport, false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Transport, false
	}
	if response.StatusCode/100 != 2 {
		return strconv.Itoa(response.StatusCode), false
	}
	if op.Write {
		e.remember(op.Stream, body)
	}
	return strconv.Itoa(response.StatusCode), true
}

func (e *EventStore) request(ctx context.Context, op Operation) (*http.Request, error) {
	if op.Write {
		body := append(fmt.Appendf(nil, `{"id":%q,`, op.ID), e.payloads[op.Stream%len(e.payloads)]...)
		url := fmt.Sprintf("%s/streams/stream-%03d/events", e.url, op.Stream)
		return http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	}
	from := max(0, e.versions[op.Stream].Load()-tail+1)
	url := fmt.Sprintf("%s/streams/stream-%03d?from=%d", e.url, op.Stream, from)
	return http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
}

// remember keeps the newest version of a stream, for reads of its tail.
func (e *EventStore) remember(stream int, body []byte) {
	var stored struct{ Version int64 }
	if json.Unmarshal(body, &stored) != nil {
		return
	}
	newest := &e.versions[stream]
	for seen := newest.Load(); stored.Version > seen && !newest.CompareAndSwap(seen, stored.Version); {
		seen = newest.Load()
	}
}
