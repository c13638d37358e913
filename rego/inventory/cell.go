package inventory

import (
	"slices"
	"strings"
)

// contribution is what one object adds below one key.
type contribution[V any] struct {
	object objectKey
	value  V
}

// cell is what all objects add below one key, in the order of their keys: of each
// contribution the object's key and the value's text.
type cell string

// each yields the texts of the contributions.
func (c cell) each(yield func(text string) bool) {
	for r := (reader{string(c)}); r.more(); {
		before := r.rest
		r.text()
		r.text()
		if !yield(before[:len(before)-len(r.rest)]) {
			return
		}
	}
}

// count is how many contributions there are.
func (c cell) count() int {
	n := 0
	for range c.each {
		n++
	}
	return n
}

// largeCell is how many bytes a cell has that many objects share: rendering it
// takes as long as a policy takes to run.
const largeCell = 4 << 10

func (c cell) large() bool { return len(c) > largeCell }

// clone returns a text that keeps no other in memory.
func (c cell) clone() cell { return cell(strings.Clone(string(c))) }

// draft is a cell that changes: its contributions' texts.
type draft []string

func (c cell) draft() draft { return slices.Collect(c.each) }

func (d draft) cell() cell { return cell(strings.Join(d, "")) }

// of returns where an object's contributions stand.
func (d draft) of(k objectKey) (from, to int) {
	from, _ = slices.BinarySearchFunc(d, k, func(text string, k objectKey) int {
		return strings.Compare(objectOf(text), string(k))
	})
	for to = from; to < len(d) && objectOf(d[to]) == string(k); to++ {
	}
	return from, to
}

// objectOf is the key of a contribution's object.
func objectOf(text string) string { return (&reader{text}).text() }

// contributionOf returns what a cell yields, as a value.
func (c codec[V]) contributionOf(text string) contribution[V] {
	r := reader{text}
	object, value := r.text(), reader{r.text()}
	return contribution[V]{objectKey(object), c.read(&value)}
}

// contribution returns a contribution's text.
func (c codec[V]) contribution(k objectKey, v V) string {
	return string(appendText(appendText(nil, k), string(c.write(nil, v))))
}

// contributions returns what a cell yields, as values.
func contributions[V any](c cell, of codec[V]) []contribution[V] {
	all := make([]contribution[V], 0, c.count())
	for text := range c.each {
		all = append(all, of.contributionOf(text))
	}
	return all
}
