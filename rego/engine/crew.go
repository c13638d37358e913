package engine

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// idleTime is how long a hand waits for the next task before it goes.
const idleTime = 10 * time.Second

// crew keeps a few goroutines for evaluations. OPA recurses deeply: a fresh
// goroutine spends a tenth of an evaluation on growing its stack.
type crew struct {
	mu   sync.Mutex
	idle []*hand
}

// hand is one goroutine of a crew.
type hand struct{ tasks chan func() }

// do runs a task in a goroutine of its own, at once.
func (c *crew) do(task func()) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		h := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		h.tasks <- task
		return
	}
	c.mu.Unlock()
	go c.work(&hand{tasks: make(chan func(), 1)}, task)
}

func (c *crew) work(h *hand, task func()) {
	wait := time.NewTimer(idleTime)
	defer wait.Stop()
	for {
		task()
		if !c.rest(h) {
			return
		}
		wait.Reset(idleTime)
		select {
		case task = <-h.tasks:
		case <-wait.C:
			if c.leave(h) {
				return
			}
			task = <-h.tasks
		}
	}
}

// rest puts a hand among the idle unless there are enough.
func (c *crew) rest(h *hand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) >= 2*runtime.GOMAXPROCS(0) {
		return false
	}
	c.idle = append(c.idle, h)
	return true
}

// leave takes a hand off the idle; false when somebody already gave it a task.
func (c *crew) leave(h *hand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.idle, h)
	if i < 0 {
		return false
	}
	c.idle = slices.Delete(c.idle, i, i+1)
	return true
}
