package ledger

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// errNotRaw says that answers could not be read raw; plain knows what to do.
var errNotRaw = errors.New("not the answers of one server")

// raw has go-redis copy the answers as they come, and takes them apart itself:
// a list of 10,000 nodes is a few objects then. Only for a single server; its
// errors other than a wrong type, and lost connections, are left to plain.
func (f *fetch) raw(ctx context.Context) (*reading, error) {
	buf := &replies{b: make([]byte, 0, 192*len(f.args))}
	cmds := make([]*redis.RawWriteToCmd, len(f.windows)+len(f.args))
	for i, args := range slices.Concat(f.windows, f.args) {
		cmds[i] = redis.NewRawWriteToCmd(ctx, buf, args...)
		if err := f.pipe.Process(ctx, cmds[i]); err != nil {
			return nil, err
		}
	}
	if _, err := f.pipe.Exec(ctx); err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		if again(ctx, err) {
			return nil, errNotRaw
		}
		return nil, err
	}
	text := string(buf.b)
	each := make([]string, len(cmds))
	for i, cmd := range cmds {
		n, err := cmd.Result()
		if err != nil || int(n) > len(text) {
			return nil, errNotRaw
		}
		each[i], text = text[:n], text[n:]
		if !strings.HasPrefix(each[i], "*") && !strings.HasPrefix(each[i], "-WRONGTYPE") {
			return nil, errNotRaw
		}
	}
	var noWindows error
	windows := make([]bulk, len(f.keys)+1) // the sentinel is the last
	read := 0
	for _, part := range each[:len(f.windows)] {
		if part[0] == '-' {
			noWindows = &CorruptError{Key: openKey(f.org), Reason: reasonType}
			continue
		}
		n, ok := parseBulks(part, windows[read:])
		if !ok {
			return nil, errNotRaw
		}
		read += n
	}
	if noWindows == nil && read != len(windows) {
		return nil, errNotRaw
	}
	each = each[len(f.windows):]
	return f.reading(func(i int, n *nodeFields) {
		*n = nodeFields{window: windows[i].text, used: windows[i].present, windowErr: noWindows}
		if each[i][0] == '-' {
			n.err = &CorruptError{Key: f.keys[i], Reason: reasonType}
			return
		}
		if !n.parse(each[i]) {
			n.value, n.present = [fieldCount]string{}, [fieldCount]bool{}
			n.err = &CorruptError{Key: f.keys[i], Reason: "was answered with " + strconv.Quote(each[i])}
		}
	})
}

// bulk is a string of an answer, or a null.
type bulk struct {
	text    string
	present bool
}

// parse reads the fields of a node.
func (n *nodeFields) parse(s string) bool {
	var fields [fieldCount]bulk
	_, ok := parseBulks(s, fields[:])
	for i, f := range fields {
		n.value[i], n.present[i] = f.text, f.present
	}
	return ok
}

// parseBulks reads a RESP list of at most len(to) bulk strings and nulls, of RESP2
// or RESP3, and returns how many.
func parseBulks(s string, to []bulk) (int, bool) {
	count, s, ok := length(s, '*')
	if !ok || count > len(to) {
		return 0, false
	}
	for i := range count {
		if rest, null := strings.CutPrefix(s, "_\r\n"); null {
			s = rest
			continue
		}
		size, rest, ok := length(s, '$')
		if !ok {
			return 0, false
		}
		s = rest
		if size < 0 {
			continue
		}
		if len(s) < size+2 || s[size:size+2] != "\r\n" {
			return 0, false
		}
		to[i], s = bulk{text: s[:size], present: true}, s[size+2:]
	}
	return count, s == ""
}

// length reads a line of a mark and a number as Redis writes it: no sign but
// that of -1, a null, and no needless zeros.
func length(s string, mark byte) (n int, rest string, ok bool) {
	if s == "" || s[0] != mark {
		return 0, "", false
	}
	line, rest, ok := strings.Cut(s[1:], "\r\n")
	if !ok {
		return 0, "", false
	}
	n, err := strconv.Atoi(line)
	plain := line == "-1" && mark == '$' || line == "0" || line != "" && line[0] >= '1' && line[0] <= '9'
	return n, rest, err == nil && plain
}

// replies collects raw answers. ReadFrom spares the buffer that io.Copy would
// make for each string.
type replies struct{ b []byte }

func (r *replies) Write(p []byte) (int, error) {
	r.b = append(r.b, p...)
	return len(p), nil
}

func (r *replies) ReadFrom(from io.Reader) (int64, error) {
	limited, ok := from.(*io.LimitedReader)
	if !ok {
		n, err := io.Copy(struct{ io.Writer }{r}, from)
		return n, err
	}
	start, size := len(r.b), int(limited.N)
	r.b = append(r.b, make([]byte, size)...)
	n, err := io.ReadFull(limited, r.b[start:])
	r.b = r.b[:start+n]
	if err == io.ErrUnexpectedEOF {
		err = nil // io.CopyN says what is missing
	}
	return int64(n), err
}
