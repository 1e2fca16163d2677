// Package event holds the values of the event store: what a client sends and what is stored.
package event

import "fmt"

// maxName bounds the ids and types of events, and the ids of streams.
const maxName = 100

// Draft is an event as a client sent it: decoded, not yet stored. The baseline fills Tree, the optimized variant Raw.
type Draft struct {
	ID   string
	Type string
	Tree any
	Raw  []byte
}

// Event is a stored event. Data is compact JSON that nobody writes to after it is stored.
type Event struct {
	Version  int64
	Position int64
	ID       string
	Type     string
	Digest   uint64
	Data     []byte
}

// CheckName accepts the names that may stand in a URL and in JSON without escaping.
func CheckName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%s must have 1 to %d characters, not %d", what, maxName, len(name))
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return fmt.Errorf("%s may hold letters, digits and ._:- only", what)
		}
	}
	return nil
}

func isNameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == ':' || c == '-'
}
