package engine

import (
	"sync"
	"time"
)

const (
	// breakAfter timeouts in a row a policy is no longer waited for.
	breakAfter = 3
	// firstPause and maxPause bound the time between probes; it doubles.
	firstPause = time.Second
	maxPause   = time.Minute
	// maxStuck evaluations of a policy that heed no deadline may linger.
	maxStuck = 2
)

// breaker keeps a policy that never ends from eating everybody's processor: after
// some timeouts in a row reviews get the policy's failure at once, and now and
// then one review is evaluated aside, with nobody waiting, to see whether the
// policy has come back.
type breaker struct {
	mu       sync.Mutex
	timeouts int
	stuck    int
	pause    time.Duration
	probeAt  time.Time
	probing  bool
}

// admit says whether to evaluate, or, when the breaker is open, whether to
// probe aside.
func (b *breaker) admit(now time.Time) (evaluate, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stuck >= maxStuck:
		return false, false
	case b.timeouts < breakAfter:
		return true, false
	case b.probing || now.Before(b.probeAt):
		return false, false
	}
	b.probing = true
	return false, true
}

// ended takes note of an evaluation that a review waited for.
func (b *breaker) ended(now time.Time, timedOut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !timedOut:
		b.close()
	case b.timeouts < breakAfter:
		if b.timeouts++; b.timeouts == breakAfter {
			b.pause = firstPause
			b.probeAt = now.Add(b.pause)
		}
	}
}

// probed takes note of an evaluation aside.
func (b *breaker) probed(now time.Time, timedOut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if !timedOut {
		b.close()
		return
	}
	b.pause = min(2*b.pause, maxPause)
	b.probeAt = now.Add(b.pause)
}

func (b *breaker) close() { b.timeouts, b.pause = 0, 0 }

// left takes note of an evaluation that heeds no deadline (+1) and of its end
// (-1).
func (b *breaker) left(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stuck += n
}
