package fair

// Flow names requests that are treated as one's.
type Flow struct {
	// Kind says what Name is a name of: organization, user, platform.
	Kind, Name string
}

// String is the flow as it is written in messages.
func (f Flow) String() string {
	if f.Name == "" {
		return f.Kind
	}
	return f.Kind + " " + f.Name
}

// spares is how many flows that ended are kept for the next ones.
const spares = 64

// schedule is the pure part: who holds slots, who waits, and whose turn it is.
// It is not safe for concurrent use.
//
// Between two calls it is settled: whoever may be served is.
type schedule struct {
	// size is how many slots there are, share how many of them one flow gets, and
	// room how many requests may wait.
	size, share, room int

	used, waiting int
	turns         uint64 // counts what is served and who begins to wait
	flows         map[Flow]*flow
	queued        []*flow // those that have requests waiting
	spare         []*flow
}

// flow is a flow that holds slots or waits for some.
type flow struct {
	name Flow
	used int
	// The requests that wait, the oldest first.
	first, last *waiter
	length      int
	since       uint64 // of turns: when it was served last, or began to wait
	at          int    // in schedule.queued
}

// waiter is one request that waits.
type waiter struct {
	flow         *flow
	weight       int
	before, next *waiter
	state        state
	others       int           // when it was dropped: how many more of its flow waited
	done         chan struct{} // closed when the state is none of waiting; nil for those that nobody waits for
}

// state of a request.
type state int

const (
	waiting state = iota
	served
	dropped
)

// newSchedule returns one with nothing in it. A quarter of the slots is kept
// from any one flow; of less than four, none.
func newSchedule(size, room int) *schedule {
	return &schedule{size: size, share: size - size/4, room: room, flows: map[Flow]*flow{}}
}

// flow returns the flow of a name.
func (s *schedule) flow(name Flow) *flow {
	f, ok := s.flows[name]
	switch n := len(s.spare); {
	case ok:
		return f
	case n > 0:
		f, s.spare = s.spare[n-1], s.spare[:n-1]
		f.name = name
	default:
		f = &flow{name: name}
	}
	s.flows[name] = f
	return f
}

// forget forgets a flow that neither holds slots nor waits.
func (s *schedule) forget(f *flow) {
	if f.used > 0 || f.length > 0 {
		return
	}
	delete(s.flows, f.name)
	if len(s.spare) < spares {
		*f = flow{}
		s.spare = append(s.spare, f)
	}
}

// allows tells whether a flow's share lets it have so many more slots. One
// request that is larger than the share is let in alone.
func (s *schedule) allows(f *flow, weight int) bool {
	return f.used == 0 || f.used+weight <= s.share
}

// take serves a request at once, if nobody waits and there is room for it.
func (s *schedule) take(f *flow, weight int) bool {
	if s.waiting > 0 || s.used+weight > s.size || !s.allows(f, weight) {
		return false
	}
	s.used += weight
	f.used += weight
	return true
}

// give takes slots back and serves whoever may have them now.
func (s *schedule) give(f *flow, weight int) {
	s.used -= weight
	f.used -= weight
	s.settle()
	s.forget(f)
}

// wait has a request wait that take did not serve. It may be served all the same
// when it returns, because those who wait may not have what it needs. If more
// wait now than may, the one that is given up for it is returned, which may be
// itself.
func (s *schedule) wait(w *waiter) *waiter {
	f := w.flow
	if f.length == 0 {
		s.turns++
		f.since, f.at = s.turns, len(s.queued)
		s.queued = append(s.queued, f)
		f.first = w
	} else {
		w.before, f.last.next = f.last, w
	}
	f.last = w
	f.length++
	s.waiting++
	s.settle()
	if s.waiting <= s.room {
		return nil
	}
	most := f
	for _, other := range s.queued {
		if other.length > most.length {
			most = other
		}
	}
	given := most.last
	s.remove(given)
	given.others = most.length
	given.end(dropped)
	s.forget(most)
	return given
}

// leave has a request that waits give up.
func (s *schedule) leave(w *waiter) {
	s.remove(w)
	s.settle() // the others may have waited for its turn to pass
	s.forget(w.flow)
}

// remove takes a request out of its flow's queue.
func (s *schedule) remove(w *waiter) {
	f := w.flow
	if w.before == nil {
		f.first = w.next
	} else {
		w.before.next = w.next
	}
	if w.next == nil {
		f.last = w.before
	} else {
		w.next.before = w.before
	}
	w.before, w.next = nil, nil
	f.length--
	s.waiting--
	if f.length > 0 {
		return
	}
	end := len(s.queued) - 1
	moved := s.queued[end]
	s.queued[f.at], moved.at = moved, f.at
	s.queued[end] = nil
	s.queued = s.queued[:end]
}

// settle serves those whose turn it is, until the next one does not fit: it gets
// what becomes free, however large it is.
func (s *schedule) settle() {
	for s.waiting > 0 {
		f := s.next()
		if f == nil || s.used+f.first.weight > s.size {
			return
		}
		w := f.first
		s.remove(w)
		s.turns++
		f.since = s.turns
		s.used += w.weight
		f.used += w.weight
		w.end(served)
	}
}

// next returns the flow whose turn it is; nil if all that wait have their share.
func (s *schedule) next() *flow {
	var best *flow
	for _, f := range s.queued {
		if !s.allows(f, f.first.weight) {
			continue
		}
		if best == nil || f.used < best.used || f.used == best.used && f.since < best.since {
			best = f
		}
	}
	return best
}

// end tells whoever waits for it.
func (w *waiter) end(s state) {
	w.state = s
	if w.done != nil {
		close(w.done)
	}
}
