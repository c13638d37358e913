package fair

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// place is a request that holds slots.
type place struct {
	flow   *flow
	weight int
}

// world drives a schedule and remembers what it did, in plain lists.
type world struct {
	*schedule
	running []place
	// line are those that wait, in the order in which they came.
	line []*waiter
	// passed counts, for each flow that waits and holds no slot, how often each
	// other flow was served since that is so.
	passed map[Flow]map[Flow]int
}

func newWorld(size, room int) *world {
	return &world{schedule: newSchedule(size, room), passed: map[Flow]map[Flow]int{}}
}

// arrive returns whether the request was refused, and the request of another flow that made room for it.
func (w *world) arrive(t fataler, name Flow, weight int) (refused bool, pushed *waiter) {
	f := w.flow(name)
	if w.take(f, weight) {
		w.running = append(w.running, place{f, weight})
		w.noteServed(name)
		return false, nil
	}
	r := &waiter{flow: f, weight: weight}
	w.line = append(w.line, r)
	before := map[Flow]int{}
	for _, q := range w.queued {
		before[q.name] = q.length
	}
	full := w.waiting == w.room
	given := w.wait(r)
	w.note()
	if given == nil {
		return false, nil
	}
	w.line = slices.DeleteFunc(w.line, func(one *waiter) bool { return one == given })
	if !full {
		t.Fatalf("%v was given up although the queue had room", given.flow.name)
	}
	if given == r {
		for other, n := range before {
			if n > before[name]+1 {
				t.Fatalf("%v was refused with %d waiting, %v had %d", name, before[name], other, n)
			}
		}
		return true, nil
	}
	for other, n := range before {
		if n > given.others+1 {
			t.Fatalf("a flow with %d waiting made room, %v had %d", given.others+1, other, n)
		}
	}
	if given.others+1 <= before[name]+1 {
		t.Fatalf("a flow with %d waiting made room for %v, which has %d", given.others+1, name, before[name]+1)
	}
	return false, given
}

// end gives the slots of a running request back.
func (w *world) end(i int) {
	p := w.running[i]
	w.running = slices.Delete(w.running, i, i+1)
	w.give(p.flow, p.weight)
	w.note()
}

// giveUp has a request that waits leave.
func (w *world) giveUp(i int) {
	r := w.line[i]
	w.line = slices.Delete(w.line, i, i+1)
	w.leave(r)
	w.note()
}

// note moves those that were served since, the earliest turn first.
func (w *world) note() {
	var now []*waiter
	w.line = slices.DeleteFunc(w.line, func(r *waiter) bool {
		if r.state == served {
			now = append(now, r)
		}
		return r.state == served
	})
	for _, r := range now {
		w.running = append(w.running, place{r.flow, r.weight})
		w.noteServed(r.flow.name)
	}
	for name := range w.passed {
		if f, ok := w.flows[name]; !ok || f.used > 0 || f.length == 0 {
			delete(w.passed, name)
		}
	}
	for _, f := range w.queued {
		if f.used == 0 && w.passed[f.name] == nil {
			w.passed[f.name] = map[Flow]int{}
		}
	}
}

func (w *world) noteServed(name Flow) {
	for waits, by := range w.passed {
		if waits != name {
			by[name]++
		}
	}
}

// check holds everything that is to hold between two calls.
func (w *world) check(t fataler) {
	used, mine := 0, map[Flow]int{}
	single := map[Flow]int{}
	for _, p := range w.running {
		used += p.weight
		mine[p.flow.name] += p.weight
		single[p.flow.name] = max(single[p.flow.name], p.weight)
	}
	if used != w.used || used > w.size {
		t.Fatalf("%d slots are held, counted %d, there are %d", used, w.used, w.size)
	}
	length, oldest := map[Flow]int{}, map[Flow]*waiter{}
	for _, r := range w.line {
		if r.state != waiting {
			t.Fatalf("a request of %v waits in state %d", r.flow.name, r.state)
		}
		length[r.flow.name]++
		if oldest[r.flow.name] == nil {
			oldest[r.flow.name] = r
		}
	}
	if len(w.line) != w.waiting || w.waiting > w.room {
		t.Fatalf("%d wait, counted %d, %d may", len(w.line), w.waiting, w.room)
	}
	known := map[Flow]bool{}
	for name, f := range w.flows {
		known[name] = true
		if f.name != name || f.used != mine[name] || f.length != length[name] || f.used+f.length == 0 {
			t.Fatalf("%v: %d used and %d wait, counted %d and %d", name, mine[name], length[name], f.used, f.length)
		}
		if f.used > max(w.share, single[name]) {
			t.Fatalf("%v holds %d slots, its share is %d", name, f.used, w.share)
		}
		if f.first != oldest[name] {
			t.Fatalf("%v: the first of its queue is not the one that came first", name)
		}
	}
	for name := range mine {
		if !known[name] {
			t.Fatalf("%v runs and is forgotten", name)
		}
	}
	// Nobody waits for slots that are free: those who wait have their share, or the
	// one whose turn it is needs more.
	turn := (*flow)(nil)
	for name, r := range oldest {
		f := w.flows[name]
		if f.used > 0 && f.used+r.weight > w.share {
			continue
		}
		if turn == nil || f.used < turn.used || f.used == turn.used && f.since < turn.since {
			turn = f
		}
	}
	if turn != nil && w.used+oldest[turn.name].weight <= w.size {
		t.Fatalf("it is the turn of %v, which needs %d of %d free slots and waits", turn.name, oldest[turn.name].weight, w.size-w.used)
	}
	for waits, by := range w.passed {
		for other, n := range by {
			if n > 1 {
				t.Fatalf("%v waits and holds no slot, %v was served %d times", waits, other, n)
			}
		}
	}
}

type fataler interface{ Fatalf(string, ...any) }

func named(i int) Flow { return Flow{"organization", fmt.Sprint("o", i)} }

// TestSchedule does whatever may happen, in any order, and then lets all requests
// end: everybody who still waits is served.
func TestSchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size, room := rapid.IntRange(1, 12).Draw(t, "size"), rapid.IntRange(0, 12).Draw(t, "room")
		w := newWorld(size, room)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { w.check(t) },
			"arrive": func(t *rapid.T) {
				w.arrive(t, named(rapid.IntRange(0, 5).Draw(t, "flow")), rapid.IntRange(1, size).Draw(t, "weight"))
			},
			"arrive, small": func(t *rapid.T) {
				w.arrive(t, named(rapid.IntRange(0, 5).Draw(t, "flow")), 1)
			},
			"end": func(t *rapid.T) {
				if len(w.running) == 0 {
					t.Skip("nothing runs")
				}
				w.end(rapid.IntRange(0, len(w.running)-1).Draw(t, "which"))
			},
			"give up": func(t *rapid.T) {
				if len(w.line) == 0 {
					t.Skip("nobody waits")
				}
				w.giveUp(rapid.IntRange(0, len(w.line)-1).Draw(t, "which"))
			},
		})
		for len(w.running) > 0 {
			w.end(rapid.IntRange(0, len(w.running)-1).Draw(t, "which"))
			w.check(t)
		}
		if len(w.line) > 0 || len(w.flows) > 0 {
			t.Fatalf("nothing runs, %d wait, %d flows are left", len(w.line), len(w.flows))
		}
	})
}

// TestNobodyStarves has flows that send without end, as many as fit and more, of
// any weight; one request of another flow comes. It is let in, nobody pushes it
// out, and it is served before each of the others was served twice.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 12).Draw(t, "size")
		hostile := rapid.IntRange(1, 5).Draw(t, "hostile flows")
		room := rapid.IntRange(hostile+1, 20).Draw(t, "room") // a place for each flow
		w := newWorld(size, room)
		flood := func() {
			refused := 0
			for refused < 2*hostile {
				turned, pushed := w.arrive(t, named(1+rapid.IntRange(0, hostile-1).Draw(t, "flow")), rapid.IntRange(1, size).Draw(t, "weight"))
				if turned || pushed != nil {
					refused++
				}
				w.check(t)
			}
		}
		flood()
		mine := named(0)
		if refused, _ := w.arrive(t, mine, rapid.IntRange(1, size).Draw(t, "weight")); refused {
			t.Fatalf("a flow with nothing in the queue was refused")
		}
		// Each request that is served may have to wait for all slots.
		for range (hostile + 1) * size {
			if f := w.flows[mine]; f == nil || f.used > 0 {
				break
			}
			w.end(rapid.IntRange(0, len(w.running)-1).Draw(t, "which"))
			flood()
		}
		if f := w.flows[mine]; f == nil || f.used == 0 {
			t.Fatalf("it still waits, or was dropped")
		}
	})
}
