package inventory

import "encoding/binary"

// The inventory keeps what it knows of thousands of objects in few long texts,
// because the garbage collector looks into whatever has pointers, again and
// again, and a text has none. A text is a sequence of shorter ones, each behind
// its length, and of flags. Only this package reads what it wrote, so that a
// malformed text is a mistake of its own and panics.

// codec writes and reads values of a type. read takes exactly what write added.
type codec[V any] struct {
	write func([]byte, V) []byte
	read  func(*reader) V
}

// plainText is the codec of texts themselves.
func plainText() codec[string] { return codec[string]{appendText[string], (*reader).text} }

func appendText[S ~string](b []byte, s S) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFlag(b []byte, f bool) []byte {
	if f {
		return append(b, 1)
	}
	return append(b, 0)
}

// reader reads a text from its beginning to its end. What it returns is part of
// the text and keeps all of it in memory.
type reader struct{ rest string }

func (r *reader) more() bool { return r.rest != "" }

func (r *reader) text() string {
	size, from := uint64(0), 0
	for shift := 0; ; shift += 7 {
		c := r.rest[from]
		from++
		size |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	to := from + int(size)
	s := r.rest[from:to]
	r.rest = r.rest[to:]
	return s
}

func (r *reader) flag() bool {
	f := r.rest[0] == 1
	r.rest = r.rest[1:]
	return f
}
