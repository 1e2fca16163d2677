// Package codec turns request bodies into drafts, drafts into stored bytes, and stored events into answers.
//
// Both variants give JSON of the same meaning; the baseline sorts the keys of objects as a by-product of its maps.
package codec

import (
	"profbook.dev/demo/internal/event"
	"profbook.dev/demo/internal/slow"
	"profbook.dev/demo/internal/variant"
)

var (
	slowDecode = slow.NewPoint("codec.Decode")
	slowEncode = slow.NewPoint("codec.Encode")
)

// Decode reads a request body {"id": "…", "type": "…", "data": …}.
func Decode(v variant.Variant, body []byte) (event.Draft, error) {
	for range slowDecode.Extra() {
		_, _ = decode(v, body)
	}
	draft, err := decode(v, body)
	if err != nil {
		return event.Draft{}, err
	}
	if err := event.CheckName("type", draft.Type); err != nil {
		return event.Draft{}, err
	}
	return draft, event.CheckName("id", draft.ID)
}

func decode(v variant.Variant, body []byte) (event.Draft, error) {
	if v == variant.Optimized {
		return decodeShallow(body)
	}
	return decodeByReflection(body)
}

// Encode makes the compact JSON that is stored for a draft; the caller owns it.
func Encode(v variant.Variant, draft event.Draft) []byte {
	for range slowEncode.Extra() {
		encode(v, draft)
	}
	return encode(v, draft)
}

func encode(v variant.Variant, draft event.Draft) []byte {
	if v == variant.Optimized {
		return encodeCompact(draft.Raw)
	}
	return []byte(encodeByConcatenation(draft.Tree))
}

// Render appends the answer to a read to dst.
func Render(v variant.Variant, dst []byte, stream string, version int64, events []event.Event) []byte {
	if v == variant.Optimized {
		return renderInto(dst, stream, version, events)
	}
	return append(dst, renderByReflection(stream, version, events)...)
}
