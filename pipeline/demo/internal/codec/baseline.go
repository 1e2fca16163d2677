package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"profbook.dev/demo/internal/event"
)

var errTrailing = errors.New("more than one JSON value in the body")

// decodeByReflection unpacks a body into maps, slices and interfaces.
func decodeByReflection(body []byte) (event.Draft, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return event.Draft{}, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return event.Draft{}, errTrailing
	}
	id, _ := fields["id"].(string)
	kind, _ := fields["type"].(string)
	return event.Draft{ID: id, Type: kind, Tree: fields["data"]}, nil
}

// encodeByConcatenation writes a tree of values as JSON, one string at a time.
func encodeByConcatenation(value any) string {
	switch value := value.(type) {
	case map[string]any:
		text := "{"
		for i, key := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				text = text + ","
			}
			text = text + encodeScalar(key) + ":" + encodeByConcatenation(value[key])
		}
		return text + "}"
	case []any:
		text := "["
		for i, item := range value {
			if i > 0 {
				text = text + ","
			}
			text = text + encodeByConcatenation(item)
		}
		return text + "]"
	default:
		return encodeScalar(value)
	}
}

func encodeScalar(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a value that came out of JSON goes back into it
	}
	return string(text)
}

// renderByReflection unpacks each stored event again and marshals the whole answer from maps.
func renderByReflection(stream string, version int64, events []event.Event) []byte {
	rows := []any{}
	for _, stored := range events {
		decoder := json.NewDecoder(bytes.NewReader(stored.Data))
		decoder.UseNumber()
		var data any
		if err := decoder.Decode(&data); err != nil {
			panic(err) // only Encode writes Data
		}
		rows = append(rows, map[string]any{
			"version": stored.Version, "position": stored.Position, "id": stored.ID, "type": stored.Type,
			"digest": fmt.Sprintf("%016x", stored.Digest), "data": data,
		})
	}
	text, err := json.Marshal(map[string]any{"stream": stream, "version": version, "events": rows})
	if err != nil {
		panic(err) // numbers, checked names and decoded JSON always marshal
	}
	return append(text, '\n')
}
