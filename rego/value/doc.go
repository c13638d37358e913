// Package value turns JSON bytes into OPA's values in one pass, and back. The
// engine converts each review once with it and the inventory may convert
// objects with it.
//
// It is stricter than encoding/json where leniency would let two readers of
// one object disagree: duplicate keys, invalid UTF-8, deep nesting and numbers
// of absurd size are errors.
package value
