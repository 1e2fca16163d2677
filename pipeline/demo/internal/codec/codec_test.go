package codec

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/variant"
)

var both = []variant.Variant{variant.Baseline, variant.Optimized}

func meaning(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("not JSON: %v in %s", err, text)
	}
	return value
}

func TestStoredDataMeansWhatWasSent(t *testing.T) {
	for _, data := range []string{
		`null`, `true`, `"x"`, `{}`, `[]`, `{ "b" : [1, 2.50, 1e3, -0] , "a" : {"é\n\"": null} }`, `12345678901234567890`, `"<&>\u2028"`,
	} {
		for _, v := range both {
			draft, err := Decode(v, []byte(`{"data": `+data+`, "id":"e1", "type":"Paid"}`))
			if err != nil {
				t.Fatalf("%v: Decode(%s): %v", v, data, err)
			}
			stored := Encode(v, draft)
			if got, want := meaning(t, stored), meaning(t, []byte(data)); !reflect.DeepEqual(got, want) {
				t.Errorf("%v: stored %s means %v, want %v", v, stored, got, want)
			}
			if strings.Contains(string(stored), " ") {
				t.Errorf("%v: stored %q is not compact", v, stored)
			}
		}
	}
}

func TestDecodeWithoutDataStoresNull(t *testing.T) {
	for _, v := range both {
		draft, err := Decode(v, []byte(`{"id":"e1","type":"Paid"}`))
		if err != nil || string(Encode(v, draft)) != "null" {
			t.Errorf("%v: got %q, %v", v, Encode(v, draft), err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `"x"`, `{`, `{"id":"e1","type":"T"} x`, `{"id":"e1","type":"T"}{}`, `{"id":"","type":"T"}`, `{"id":"e1"}`,
		`{"id":"a\"b","type":"T"}`, `{"id":"e1","type":"T","data":[1,}`, `{"id":"` + strings.Repeat("x", 101) + `","type":"T"}`,
	} {
		for _, v := range both {
			if _, err := Decode(v, []byte(body)); err == nil {
				t.Errorf("%v: Decode(%s) accepted", v, body)
			}
		}
	}
}

func TestBothVariantsRenderTheSameAnswer(t *testing.T) {
	events := []event.Event{
		{Version: 7, Position: 70, ID: "e7", Type: "Paid", Digest: 0xab, Data: []byte(`{"sum":1.50}`)},
		{Version: 8, Position: 71, ID: "e8", Type: "Sent", Digest: ^uint64(0), Data: []byte(`null`)},
	}
	for _, rows := range [][]event.Event{nil, events[:1], events} {
		baseline := meaning(t, Render(variant.Baseline, nil, "s1", 8, rows))
		optimized := meaning(t, Render(variant.Optimized, nil, "s1", 8, rows))
		if !reflect.DeepEqual(baseline, optimized) {
			t.Errorf("%d events: baseline answers %v, optimized %v", len(rows), baseline, optimized)
		}
	}
	text := string(Render(variant.Optimized, nil, "s1", 8, events[:1]))
	if !strings.Contains(text, `"digest":"00000000000000ab"`) || !strings.Contains(text, `"data":{"sum":1.50}`) {
		t.Errorf("unexpected answer %s", text)
	}
}

func TestOptimizedAllocatesLess(t *testing.T) {
	body := []byte(`{"id":"e1","type":"Paid","data":{"lines":[{"a":1,"b":"x"},{"a":2,"b":"y"}],"sum":{"net":10,"gross":12}}}`)
	allocs := map[variant.Variant]float64{}
	for _, v := range both {
		allocs[v] = testing.AllocsPerRun(50, func() {
			draft, _ := Decode(v, body)
			Encode(v, draft)
		})
	}
	if allocs[variant.Optimized]*4 > allocs[variant.Baseline] {
		t.Errorf("optimized makes %v allocations, baseline %v", allocs[variant.Optimized], allocs[variant.Baseline])
	}
}
