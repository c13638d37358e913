package follow

import "time"

// Synced tells by kind whether its objects have been read and changes arrive.
// Where they do not, what was read last is judged by; Ready says nothing of it,
// or an outage of kube-apiserver would take every webhook away.
func (f *Follower) Synced() map[string]bool {
	out := map[string]bool{}
	for _, s := range f.streams() {
		settled, err := s.settled()
		out[s.GroupKind.String()] = settled && err == nil && !s.failing()
	}
	return out
}

// Counts returns how many objects of each kind are known.
func (f *Follower) Counts() map[string]int {
	out := map[string]int{}
	for _, s := range f.streams() {
		_, out[s.GroupKind.String()] = s.store.state()
	}
	return out
}

// Built returns when the newest inventory was put together; false before the first.
func (f *Follower) Built() (time.Time, bool) {
	t := f.built.Load()
	if t == nil {
		return time.Time{}, false
	}
	return *t, true
}

// Policies returns how many policies are in force, and by id why those that
// cannot judge cannot.
func (f *Follower) Policies() (inForce int, broken map[string]error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int(f.inForce.Load()), f.errs
}

// streams are those that count now.
func (f *Follower) streams() []*stream {
	f.mu.Lock()
	g := f.active
	if g == nil {
		g = f.next
	}
	f.mu.Unlock()
	all := []*stream{f.policies}
	if g != nil {
		all = append(all, g.streams()...)
	}
	return all
}
