package engine

import (
	"sync"
	"time"

	"tollgate.dev/tollgate/rego/subject"
)

const (
	// breakAfter timeouts in a row a policy is no longer waited for.
	breakAfter = 3
	// firstPause and maxPause bound the time between probes; it doubles. From
	// longPause on a probe may take as long as a review; before, a fraction of
	// that: a policy that has come back usually ends at once, and one that has not
	// takes little of a processor.
	firstPause = time.Second
	longPause  = 15 * time.Second
	maxPause   = time.Minute
	// maxStuck evaluations of a policy that heed no deadline may linger for one
	// party, and maxStuckInAll for everybody.
	maxStuck      = 2
	maxStuckInAll = 8
	// spread parties for which a policy does not end: then it is the policy.
	spread = 3
)

// breaker keeps a policy that never ends from eating everybody's processor: after
// some timeouts in a row reviews get the policy's failure at once, and now and
// then one review is evaluated aside, with nobody waiting, to see whether the
// policy has come back.
//
// Timeouts are counted by party, because what one tenant sends (an object of a
// megabyte) may take any policy longer than it has: that tenant is answered at
// once, and nobody else notices. Only when it happens to several is everybody.
//
// One probe runs at a time, as long as it heeds its deadline: one that does not
// keeps nobody else's policy away. While the policy ends for nobody, probes for all
// parties together come no more often than those for one: a hundred
// organizations would otherwise keep a processor busy with a policy that nobody
// waits for.
type breaker struct {
	mu    sync.Mutex
	by    map[string]*circuit // of parties with timeouts or with evaluations left behind
	open  int
	stuck int
	probe *circuit // whose probe is within its time
	schedule
}

// schedule says when the next probe may begin.
type schedule struct {
	pause   time.Duration
	probeAt time.Time
}

// due says which probe may begin now.
func (s *schedule) due(now time.Time) probe {
	switch {
	case now.Before(s.probeAt):
		return noProbe
	case s.pause < longPause:
		return shortProbe
	}
	return longProbe
}

// probe is an evaluation aside, or none.
type probe int

const (
	noProbe probe = iota
	shortProbe
	longProbe
)

// next puts the next probe off, longer each time.
func (s *schedule) next(now time.Time) {
	s.pause = min(max(2*s.pause, firstPause), maxPause)
	s.probeAt = now.Add(s.pause)
}

// circuit is a breaker's state towards one party.
type circuit struct {
	timeouts int
	stuck    int
	probing  bool
	schedule
}

func (c *circuit) open() bool { return c.timeouts >= breakAfter }

// party says on whose account an evaluation goes: the organization that the
// object or the requester provably belongs to, the platform, or everybody else
// together. A label that anybody can write makes no party.
func party(s subject.Subject) string {
	switch {
	case s.Source == subject.SourceNamespace, s.Standing == subject.Member, s.Standing == subject.Delegate:
		return "organization " + s.Organization
	case !s.Bound():
		return "platform"
	}
	return "others"
}

// of returns the circuit of a party, with the lock held.
func (b *breaker) of(party string) *circuit {
	c := b.by[party]
	if c == nil {
		c = &circuit{}
		if b.by == nil {
			b.by = map[string]*circuit{}
		}
		b.by[party] = c
	}
	return c
}

// trip opens a circuit, with the lock held.
func (b *breaker) trip(c *circuit, now time.Time) {
	if !c.open() {
		b.open++
	}
	c.timeouts, c.schedule = breakAfter, schedule{}
	c.next(now)
}

// close forgets the timeouts of a party, with the lock held.
func (b *breaker) close(party string) {
	c := b.by[party]
	if c == nil {
		return
	}
	if c.open() {
		b.open--
	}
	c.timeouts, c.schedule = 0, schedule{}
	if c.stuck == 0 && !c.probing {
		delete(b.by, party)
	}
}

// admit says whether to evaluate, or, when the breaker is open for the party,
// whether to probe aside.
func (b *breaker) admit(party string, now time.Time) (evaluate bool, aside probe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.by[party]
	if c == nil || !c.open() {
		if b.open >= spread {
			b.trip(b.of(party), now)
			return false, noProbe
		}
		return b.stuck < maxStuckInAll && (c == nil || c.stuck < maxStuck), noProbe
	}
	if c.stuck >= maxStuck || b.stuck >= maxStuckInAll || c.probing || b.probe != nil || now.Before(b.probeAt) {
		return false, noProbe
	}
	if aside = c.due(now); aside != noProbe {
		b.probe, c.probing = c, true
	}
	return false, aside
}

// ended takes note of an evaluation that a review waited for.
func (b *breaker) ended(party string, now time.Time, timedOut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !timedOut {
		b.close(party)
		return
	}
	c := b.of(party)
	if c.open() {
		return
	}
	if c.timeouts+1 == breakAfter {
		b.trip(c, now)
		return
	}
	c.timeouts++
}

// probed takes note of an evaluation aside.
func (b *breaker) probed(party string, now time.Time, timedOut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.of(party)
	c.probing = false
	if b.probe == c {
		b.probe = nil
	}
	if !timedOut {
		b.schedule = schedule{} // the others may have it back too
		b.close(party)
		return
	}
	c.next(now)
	if b.open >= spread {
		b.next(now)
	}
}

// overran takes note of a probe that heeds no deadline. left is told of its end.
func (b *breaker) overran(party string) {
	b.left(party, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.probe == b.by[party] {
		b.probe = nil
	}
}

// left takes note of an evaluation that heeds no deadline (+1) and of its end
// (-1).
func (b *breaker) left(party string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stuck += n
	c := b.of(party)
	if c.stuck += n; c.stuck == 0 && c.timeouts == 0 && !c.probing {
		delete(b.by, party)
	}
}
