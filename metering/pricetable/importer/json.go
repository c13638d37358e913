package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds the nesting of a list.
const maxDepth = 32

// object is a JSON object that remembers the order of its keys and which of
// them came more than once. encoding/json would silently keep the last, which
// may be the wrong price.
type object struct {
	keys      []string
	values    map[string]any // the first value of each key
	duplicate map[string]bool
}

// decode reads one JSON value: *object, []any, json.Number, string, bool, nil.
func decode(data []byte) (any, error) {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, errors.New("the file is empty")
	}
	if trimmed[0] == '<' {
		return nil, errors.New("the file is a web page, not JSON: download the raw file")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := value(dec, 0)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the JSON ends in the middle, after %d bytes: the download was cut short", len(data))
		}
		return nil, fmt.Errorf("the JSON is broken at byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is more after the end of the JSON at byte %d", dec.InputOffset())
	}
	return v, nil
}

func value(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if delim == '[' {
		var list []any
		for dec.More() {
			v, err := value(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		if _, err := dec.Token(); err != nil {
			return nil, err
		}
		return list, nil
	}
	o := &object{values: map[string]any{}}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, ok := k.(string)
		if !ok {
			return nil, fmt.Errorf("a key is %v, not text", k)
		}
		v, err := value(dec, depth+1)
		if err != nil {
			return nil, err
		}
		if _, twice := o.values[key]; twice {
			if o.duplicate == nil {
				o.duplicate = map[string]bool{}
			}
			o.duplicate[key] = true
			continue
		}
		o.keys = append(o.keys, key)
		o.values[key] = v
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	return o, nil
}

// duplicate names a key that stands twice in one object in v, or "".
func duplicate(v any) string {
	switch v := v.(type) {
	case *object:
		for _, k := range v.keys {
			if v.duplicate[k] {
				return k
			}
			if d := duplicate(v.values[k]); d != "" {
				return d
			}
		}
	case []any:
		for _, item := range v {
			if d := duplicate(item); d != "" {
				return d
			}
		}
	}
	return ""
}

// text is the string at a key, or "".
func (o *object) text(key string) string {
	s, _ := o.values[key].(string)
	return s
}
