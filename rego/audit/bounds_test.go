package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tollgate.dev/tollgate/rego/audit"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// held stands still in its first evaluation until it is released.
type held struct {
	entered, release chan struct{}
}

func (h *held) Evaluated(string, engine.Point, string, time.Duration) {
	select {
	case h.entered <- struct{}{}:
		<-h.release
	default: // another one already does
	}
}

// No more namespaces are judged at once, over all lists, than are allowed: what
// else the server has to do goes on.
func TestSoManyNamespacesAtOnce(t *testing.T) {
	t.Parallel()
	h := &held{entered: make(chan struct{}, 1), release: make(chan struct{})}
	w := newWorld(t)
	w.engine = engine.New(engine.Options{Observer: h, Patience: 100})
	w.engine.UseInventory(w.builder.Build())
	w.use(t, ".example")
	w.put(t, "acme-chat", "a", "a.test")
	w.put(t, "other", "b", "b.test")
	s := settings.Default()
	w.auditor = audit.New(w.engine, func() *settings.Settings { return s }, w.store, 1)
	first, err := w.auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	judged := make(chan error, 1)
	go func() {
		_, err := first.Judge(t.Context(), "acme-chat")
		judged <- err
	}()
	for len(h.entered) == 0 { // it takes the token out again only here
		time.Sleep(time.Millisecond)
	}
	second, err := w.auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if found, err := second.Judge(ctx, "other"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("another namespace was judged beside it: %v, %v", found, err)
	}
	close(h.release)
	if err := <-judged; err != nil {
		t.Error(err)
	}
	if found, err := second.Judge(t.Context(), "other"); err != nil || len(found) != 1 {
		t.Errorf("afterwards: %v, %v", found, err)
	}
}

// What a policy could not judge is not remembered: it may have more time, or
// something to read, when the list is read again.
func TestAFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := &policy.Policy{ID: "fails", Modules: []policy.Module{{Name: "fails", Source: `package fails
violation contains {"msg": "x"} if 1 / (count(input.review.object.spec.host) - 6) > 0
`}}}
	if errs := w.engine.UsePolicies(t.Context(), []*policy.Policy{p}); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	w.put(t, "acme-chat", "a", "a.test")
	for i := range int64(3) {
		if found := w.judge(t, "acme-chat"); len(found) != 1 {
			t.Fatalf("found %q, want that the policy failed", found)
		}
		if n := w.count.n.Load(); n != i+1 {
			t.Errorf("%d evaluations after %d lists", n, i+1)
		}
	}
}
