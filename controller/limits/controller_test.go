package limits

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

// source is a directory that a test replaces.
type source struct {
	mu      sync.Mutex
	current *tenancy.Directory
	changed chan struct{}
}

func newSource(d *tenancy.Directory) *source {
	return &source{current: d, changed: make(chan struct{})}
}

func (s *source) Snapshot() *tenancy.Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

func (s *source) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *source) set(d *tenancy.Directory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.current, s.changed = d, make(chan struct{})
}

// story is a running controller and what it was seen to do.
type story struct {
	*testing.T
	source *source
	set    map[string]*memory
	mu     sync.Mutex
	events []string
}

func (s *story) Ledger(name string) (Ledger, bool) { l, ok := s.set[name]; return l, ok }

func (s *story) Wrote(organization, ledger string, cause Cause, _ Written, err error) {
	event := organization + "@" + ledger + " " + string(cause)
	if err != nil {
		event += " failed"
	}
	s.note(event)
}

func (s *story) Checked(organization, ledger string, _ error) {
	s.note(organization + "@" + ledger + " unanswered")
}

func (s *story) Forgot(organization, ledger string) {
	s.note(organization + "@" + ledger + " forgotten")
}

func (s *story) note(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
}

func (s *story) seen(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.events, event)
}

func start(t *testing.T, d *tenancy.Directory, names ...string) *story {
	s := &story{T: t, source: newSource(d), set: map[string]*memory{}}
	for _, name := range names {
		s.set[name] = newMemory()
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	c := New(Config{Source: s.source, Ledgers: s, Observer: s, Now: time.Now})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

// eventually waits for what is sure to come.
func (s *story) eventually(what string, condition func() bool) {
	s.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.Fatalf("never happened: %s; seen: %q", what, s.events)
		}
	}
}

func (s *story) limits(what, name string, want map[string]string) {
	s.Helper()
	s.eventually(what, func() bool { return cmp.Equal(want, s.set[name].has()) })
}

func TestLimitsFollowTheObjects(t *testing.T) {
	t.Parallel()
	acme, globex := organization("acme", "one", "100"), organization("globex", "one", "7")
	chat := project("chat", "acme", v1alpha1.Group{Name: "eng"})
	s := start(t, directory([]*v1alpha1.Organization{acme, globex}, chat), "one", "two")
	s.limits("limits are written", "one", map[string]string{"acme": "100", "acme.chat": "20", "acme.chat.eng": "0", "globex": "7"})

	richer := acme.DeepCopy()
	richer.Spec.Budget.Limit = "200"
	s.source.set(directory([]*v1alpha1.Organization{richer, globex}, project("chat", "acme")))
	s.limits("a limit changes and a group goes", "one", map[string]string{"acme": "200", "acme.chat": "20", "globex": "7"})

	moved := globex.DeepCopy()
	moved.Spec.Ledger.Name = "two"
	s.source.set(directory([]*v1alpha1.Organization{richer, moved}))
	s.limits("an organization moves, a project goes: the new ledger", "two", map[string]string{"globex": "7"})
	s.limits("the old ledger", "one", map[string]string{"acme": "200"})
	s.eventually("the old ledger is forgotten", func() bool { return s.seen("globex@one forgotten") })

	s.source.set(directory([]*v1alpha1.Organization{moved}))
	s.limits("an organization is deleted", "one", map[string]string{})
	s.source.set(directory([]*v1alpha1.Organization{acme, moved}))
	s.limits("and comes back", "one", map[string]string{"acme": "100"})
	if s.seen("globex@two Changed") || s.seen("globex@two Refreshed") {
		t.Errorf("an organization was written though nothing changed: %q", s.events)
	}
}

func TestWhatWasLostIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s := start(t, directory([]*v1alpha1.Organization{organization("acme", "one", "100")}), "one")
	all := map[string]string{"acme": "100"}
	s.limits("limits are written", "one", all)
	one := s.set["one"]
	one.change(func() { clear(one.limits); clear(one.generation) })
	s.limits("an empty ledger is written again", "one", all)

	one.change(func() { one.down = true })
	s.eventually("the ledger is asked in vain", func() bool { return s.seen("acme@one unanswered") })
	one.change(func() { one.down = false; clear(one.limits) }) // and the generation stays
	s.limits("what was lost while it was away is written again", "one", all)
}

func TestAHangingLedgerDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	var orgs []*v1alpha1.Organization
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		orgs = append(orgs, organization(name, "hung", "1"))
	}
	orgs = append(orgs, organization("acme", "well", "100"), organization("nobody", "unknown", "1"))
	s := start(t, directory(nil), "hung", "well")
	s.set["hung"].change(func() { s.set["hung"].hang = true })
	s.source.set(directory(orgs))
	s.limits("the other ledger has its limits", "well", map[string]string{"acme": "100"})
	changed := slices.Clone(orgs)
	changed[8] = organization("acme", "well", "101")
	s.source.set(directory(changed))
	s.limits("and their change", "well", map[string]string{"acme": "101"})
	if got := s.set["hung"].has(); len(got) > 0 {
		t.Errorf("the hung ledger has %v", got)
	}
}

func TestAStaleWriteIsAnError(t *testing.T) {
	t.Parallel()
	d := directory([]*v1alpha1.Organization{organization("acme", "one", "100")})
	m := &overtaken{newMemory()}
	var stale *ledger.StaleError
	if err := WriteAll(t.Context(), m, d, time.Now()); !errors.As(err, &stale) || stale.Generation != 2 {
		t.Errorf("got %v", err)
	}
	bad := organization("acme", "one", "1e9")
	if err := WriteAll(t.Context(), newMemory(), directory([]*v1alpha1.Organization{bad}), time.Now()); err == nil {
		t.Error("a limit that is no decimal was written")
	}
}

// overtaken is a ledger to which somebody else begins to write meanwhile.
type overtaken struct{ *memory }

func (o *overtaken) Paths(ctx context.Context, org string) ([]ledger.Path, error) {
	if _, err := o.NextGeneration(ctx, org); err != nil {
		return nil, err
	}
	return o.memory.Paths(ctx, org)
}
