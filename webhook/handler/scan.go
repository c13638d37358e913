package handler

import (
	"bytes"
	"encoding/json"
)

// scanner walks through JSON that may be cut or malformed without copying it. It
// finds the end of values and does not check them: whatever is judged is decoded
// properly later.
type scanner struct {
	data []byte
	at   int
}

// next passes over a byte that is expected, and over space before it. If
// something else comes it stays where it is.
func (s *scanner) next(want byte) bool {
	for i := s.at; i < len(s.data); i++ {
		switch s.data[i] {
		case want:
			s.at = i + 1
			return true
		case ' ', '\t', '\r', '\n':
			continue
		}
		return false
	}
	return false
}

// text passes over a string and returns what stands between its quotes.
func (s *scanner) text() (raw []byte, ok bool) {
	if !s.next('"') {
		return nil, false
	}
	for start := s.at; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return s.data[start : s.at-1], true
		}
	}
	return nil, false
}

// decoded is a string's text.
func decoded(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var out string
	quoted := append(append([]byte{'"'}, raw...), '"')
	if err := json.Unmarshal(quoted, &out); err != nil {
		return string(raw) // malformed: as good as any other name
	}
	return out
}

// pass passes over a value; false if its end is not there.
func (s *scanner) pass() bool {
	depth := 0
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case '"':
			if _, ok := s.text(); !ok {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			switch depth--; {
			case depth < 0: // the end of what a number or a word stands in
				return true
			case depth == 0:
				s.at++
				return true
			}
		case ',':
			if depth == 0 {
				return true
			}
		}
		s.at++
	}
	return false
}

// members calls one for each member of an object, until it returns false. It
// passes over the value unless one has done so. False if the end is not there.
func (s *scanner) members(one func(key []byte) (goOn bool)) bool {
	if !s.next('{') {
		return false
	}
	if s.next('}') {
		return true
	}
	for {
		key, ok := s.text()
		if !ok || !s.next(':') {
			return false
		}
		before := s.at
		if !one(key) {
			return true
		}
		if s.at == before && !s.pass() {
			return false
		}
		switch {
		case s.next('}'):
			return true
		case !s.next(','):
			return false
		}
	}
}

// texts returns the strings of a list.
func (s *scanner) texts() (out []string) {
	if !s.next('[') {
		return nil
	}
	for {
		raw, ok := s.text()
		if !ok {
			s.next(']')
			return out
		}
		out = append(out, decoded(raw))
		if !s.next(',') {
			s.next(']')
			return out
		}
	}
}
