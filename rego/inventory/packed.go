package inventory

import "encoding/json"

// pack returns a value as JSON; equal values have equal texts. What is kept of
// thousands of objects and looked at only when one of them changes is kept so.
// T is made of texts, numbers, flags and lists of them, which JSON always takes.
func pack[T any](v *T) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("inventory: facts that are no JSON: " + err.Error())
	}
	return string(raw)
}

// unpack returns the value again.
func unpack[T any](text string) *T {
	v := new(T)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic("inventory: facts that were not packed: " + err.Error())
	}
	return v
}
