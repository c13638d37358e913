package objects

import "sync/atomic"

// news tells any number of listeners that there is a newer snapshot.
type news struct {
	current *atomic.Pointer[chan struct{}]
}

func newNews() news {
	n := news{current: new(atomic.Pointer[chan struct{}])}
	first := make(chan struct{})
	n.current.Store(&first)
	return n
}

// next returns a channel that the next tell closes.
func (n news) next() <-chan struct{} { return *n.current.Load() }

// tell is called after each new snapshot, by one goroutine.
func (n news) tell() {
	fresh := make(chan struct{})
	close(*n.current.Swap(&fresh))
}
