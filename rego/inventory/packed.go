package inventory

import "encoding/json"

// packed is a value as JSON text. What is kept of thousands of objects and looked
// at only when one of them changes is kept so: it takes a fraction of the memory,
// and the garbage collector has nothing to follow in it.
type packed[T any] string

// pack returns a value's text; equal values have equal texts. T is made of
// texts, numbers, flags and lists of them, which JSON always takes.
func pack[T any](v *T) packed[T] {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("inventory: facts that are no JSON: " + err.Error())
	}
	return packed[T](raw)
}

// unpack returns the value again.
func (p packed[T]) unpack() *T {
	v := new(T)
	if err := json.Unmarshal([]byte(p), v); err != nil {
		panic("inventory: facts that were not packed: " + err.Error())
	}
	return v
}
