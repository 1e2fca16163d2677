package codec

import (
	"bytes"
	"encoding/json"
	"strconv"

	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/pool"
)

// decodeShallow reads the two names and takes the data as it is.
func decodeShallow(body []byte) (event.Draft, error) {
	var fields struct {
		ID   string          `json:"id"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return event.Draft{}, err
	}
	if fields.Data == nil {
		fields.Data = json.RawMessage("null")
	}
	return event.Draft{ID: fields.ID, Type: fields.Type, Raw: fields.Data}, nil
}

// encodeCompact drops white space in a pooled buffer; only the exact result is allocated.
func encodeCompact(raw []byte) []byte {
	buffer := pool.Get()
	defer pool.Put(buffer)
	if err := json.Compact(buffer, raw); err != nil {
		panic(err) // Decode has accepted it
	}
	return bytes.Clone(buffer.Bytes())
}

// renderInto writes the answer field by field; names were checked and data is JSON already.
func renderInto(dst []byte, stream string, version int64, events []event.Event) []byte {
	dst = append(append(append(dst, `{"stream":"`...), stream...), `","version":`...)
	dst = append(strconv.AppendInt(dst, version, 10), `,"events":[`...)
	for i := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendEvent(dst, &events[i])
	}
	return append(dst, "]}\n"...)
}

func appendEvent(dst []byte, stored *event.Event) []byte {
	dst = strconv.AppendInt(append(dst, `{"version":`...), stored.Version, 10)
	dst = strconv.AppendInt(append(dst, `,"position":`...), stored.Position, 10)
	dst = append(append(dst, `,"id":"`...), stored.ID...)
	dst = append(append(dst, `","type":"`...), stored.Type...)
	dst = appendHex(append(dst, `","digest":"`...), stored.Digest)
	dst = append(append(dst, `","data":`...), stored.Data...)
	return append(dst, '}')
}

func appendHex(dst []byte, sum uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[sum>>shift&15])
	}
	return dst
}
