package follow

import "sync"

// news tells any number of listeners that something happened.
type news struct {
	mu      sync.Mutex
	current chan struct{}
}

func newNews() *news { return &news{current: make(chan struct{})} }

// next returns a channel that the next tell closes.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.current
}

// tell may be called from many goroutines.
func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.current)
	n.current = make(chan struct{})
}
