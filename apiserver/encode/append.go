package encode

import (
	"encoding/json"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// appender appends the values of one answer. Many rows share their times, so it
// remembers how the last few were written.
type appender struct {
	times [8]struct {
		unix int64
		text [len(time.RFC3339) + 2]byte
		size int
	}
	next int
}

// appendTime appends a time as metav1.Time marshals itself.
func (a *appender) appendTime(b []byte, t metav1.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	unix := t.Unix()
	for i := range a.times {
		if c := &a.times[i]; c.unix == unix && c.size > 0 {
			return append(b, c.text[:c.size]...)
		}
	}
	start := len(b)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, '"')
	c := &a.times[a.next]
	c.unix, c.size = unix, 0
	if len(b)-start <= len(c.text) { // years of five digits are longer
		c.size = copy(c.text[:], b[start:])
	}
	a.next = (a.next + 1) % len(a.times)
	return b
}

// appendOptionalTime appends a time, null when there is none.
func (a *appender) appendOptionalTime(b []byte, t *metav1.Time) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	return a.appendTime(b, *t)
}

// appendString appends a JSON string. Anything but plain ASCII is left to
// encoding/json, which escapes what browsers misread.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			raw, err := json.Marshal(s)
			if err != nil { // no string fails
				return append(b, `""`...)
			}
			return append(b, raw...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendKey appends a key, behind a comma unless the object that starts at
// start is still empty.
func appendKey(b []byte, start int, key string) []byte {
	if len(b) != start {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

// appendText appends a key and its value unless the value is empty.
func appendText(b []byte, start int, key, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(appendKey(b, start, key), value)
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func appendInts(b []byte, list []int32) []byte {
	b = append(b, '[')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, int64(n))
	}
	return append(b, ']')
}
