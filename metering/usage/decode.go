package usage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// series is one time series of an answer.
type series struct {
	labels map[string]string
	points []point
}

// point is one value; counters are whole numbers.
type point struct {
	at    time.Time // to the millisecond
	value int64
}

// maxCount is the largest count that a float64 holds exactly, 2^53.
const maxCount = 1 << 53

// answer is what the Prometheus HTTP API says beside its data.
type answer struct {
	status    string
	errorType string
	message   string
	warnings  []string
}

// decode reads an answer of the Prometheus HTTP API whose data is a matrix, and
// hands on each series as it comes, so that memory holds the values of one of
// them. Everything that the API would not say is an error: another type of data,
// a value that is not a whole number of at least 0, a series twice, text behind
// the end.
func decode(r io.Reader, each func(series) error) (answer, error) {
	d := json.NewDecoder(r)
	var a answer
	err := object(d, func(key string) error {
		switch key {
		case "status":
			return d.Decode(&a.status)
		case "errorType":
			return d.Decode(&a.errorType)
		case "error":
			return d.Decode(&a.message)
		case "warnings":
			return d.Decode(&a.warnings)
		case "data":
			return data(d, each)
		default:
			return skip(d)
		}
	})
	if err != nil {
		return a, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return a, errors.New("there is more behind the end of the answer")
	}
	switch a.status {
	case "success", "error":
		return a, nil
	default:
		return a, fmt.Errorf("the answer's status is %q", excerpt(a.status))
	}
}

// data reads {"resultType": "matrix", "result": [...]}, or null.
func data(d *json.Decoder, each func(series) error) error {
	kind := ""
	seen := map[string]bool{}
	return object(d, func(key string) error {
		switch key {
		case "resultType":
			return d.Decode(&kind)
		case "result":
			if kind != "matrix" {
				return fmt.Errorf("the result is of type %q, not matrix", excerpt(kind))
			}
			return array(d, func() error {
				var raw struct {
					Metric map[string]string `json:"metric"`
					Values []rawPoint        `json:"values"`
				}
				if err := d.Decode(&raw); err != nil {
					return err
				}
				s := series{labels: raw.Metric, points: make([]point, len(raw.Values))}
				for i, p := range raw.Values {
					s.points[i] = point(p)
				}
				if err := s.checkOnce(seen); err != nil {
					return err
				}
				return each(s)
			})
		default:
			return skip(d)
		}
	})
}

// checkOnce refuses a series that the answer already had, and points that are
// not in the order of time: what is there twice would be added up twice. It
// notes the series in seen.
func (s series) checkOnce(seen map[string]bool) error {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(s.labels)) {
		if value := s.labels[name]; value != "" { // to Prometheus an empty label is none
			b = strconv.AppendQuote(append(strconv.AppendQuote(b, name), '='), value)
		}
	}
	if seen[string(b)] {
		return fmt.Errorf("the series %s is there twice", excerpt(string(b)))
	}
	seen[string(b)] = true
	for i := 1; i < len(s.points); i++ {
		if !s.points[i].at.After(s.points[i-1].at) {
			return fmt.Errorf("the series %s has a point at %s that is not behind the one before it", excerpt(string(b)), s.points[i].at.Format(time.RFC3339Nano))
		}
	}
	return nil
}

// rawPoint is [<seconds>, "<value>"].
type rawPoint point

// UnmarshalJSON refuses what no counter can be.
func (p *rawPoint) UnmarshalJSON(b []byte) error {
	var pair [2]json.RawMessage
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil || len(list) != len(pair) {
		return fmt.Errorf("a point is %q", excerpt(string(b)))
	}
	seconds, err := strconv.ParseFloat(string(list[0]), 64)
	if err != nil || math.Abs(seconds) > 1<<40 {
		return fmt.Errorf("a point's time is %q", excerpt(string(list[0])))
	}
	var text string
	if err := json.Unmarshal(list[1], &text); err != nil {
		return fmt.Errorf("a point's value is %q", excerpt(string(list[1])))
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > maxCount || v != math.Trunc(v) {
		return fmt.Errorf("a count is %q, which is no whole number from 0 to 2^53", excerpt(text))
	}
	p.at = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	p.value = int64(v)
	return nil
}

// object reads an object and calls each after every key. It takes null for an
// empty one.
func object(d *json.Decoder, each func(key string) error) error {
	t, err := d.Token()
	if err != nil || t == nil {
		return unexpected(err)
	}
	if t != json.Delim('{') {
		return fmt.Errorf("there is %q where an object belongs", excerpt(fmt.Sprint(t)))
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return unexpected(err)
		}
		key, _ := t.(string) // the decoder takes nothing else in this place
		if err := each(key); err != nil {
			return unexpected(err)
		}
	}
	_, err = d.Token()
	return unexpected(err)
}

// array reads an array and calls each before every element.
func array(d *json.Decoder, each func() error) error {
	t, err := d.Token()
	if err != nil || t == nil {
		return unexpected(err)
	}
	if t != json.Delim('[') {
		return fmt.Errorf("there is %q where an array belongs", excerpt(fmt.Sprint(t)))
	}
	for d.More() {
		if err := each(); err != nil {
			return unexpected(err)
		}
	}
	_, err = d.Token()
	return unexpected(err)
}

func skip(d *json.Decoder) error {
	var any json.RawMessage
	return d.Decode(&any)
}

// unexpected turns an end of the text into the error that it is here.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
