package ledger

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// errNotRaw says that answers could not be read raw; plain knows what to do.
var errNotRaw = errors.New("not the answers of one server")

// raw has go-redis copy the answers as they come, and takes them apart itself:
// a list of 10,000 nodes is a few objects then. Only for a single server; its
// errors other than a wrong type, and lost connections, are left to plain.
func (f *fetch) raw(ctx context.Context, org string) (*reading, error) {
	buf := &replies{b: make([]byte, 0, 192*len(f.args))}
	cmds := make([]*redis.RawWriteToCmd, len(f.args))
	for i, args := range f.args {
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
	return f.reading(org, func(i int, n *nodeFields) {
		*n = nodeFields{}
		if each[i][0] == '-' {
			n.err = &CorruptError{Key: f.keys[i], Reason: reasonType}
			return
		}
		if !n.parse(each[i]) {
			*n = nodeFields{err: &CorruptError{Key: f.keys[i], Reason: "was answered with " + strconv.Quote(each[i])}}
		}
	})
}

// parse reads a RESP list of bulk strings and nulls, of RESP2 or RESP3.
func (n *nodeFields) parse(s string) bool {
	count, s, ok := length(s, '*')
	if !ok || count > int(fieldCount) {
		return false
	}
	for i := range count {
		if rest, null := strings.CutPrefix(s, "_\r\n"); null {
			s = rest
			continue
		}
		size, rest, ok := length(s, '$')
		if !ok {
			return false
		}
		s = rest
		if size < 0 {
			continue
		}
		if len(s) < size+2 || s[size:size+2] != "\r\n" {
			return false
		}
		n.value[i], n.present[i], s = s[:size], true, s[size+2:]
	}
	return s == ""
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
