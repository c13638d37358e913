package controller_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

const (
	engineers = `{name: engineers, userBudget: {limit: "5"}, users: [{name: alice, budget: {limit: "7"}}, {name: bob}]}`
	interns   = `{name: interns, budget: {limit: "1"}}`
)

// Limits reach the ledger when objects are made, changed and deleted, and again
// when a Redis comes back empty, whatever becomes of another ledger.
func TestLimitsReachTheLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start("controller")
	for _, ns := range []string{"acme-chat", "globex-chat"} {
		r.kubectl("create", "namespace", ns)
	}
	r.apply(organization("acme", "default", "100", "acme-chat") + "---" + project("acme-chat", "acme", "50", engineers+", "+interns) +
		"---" + organization("globex", "second", "30", "globex-chat") + "---" + project("globex-chat", "globex", "20", interns))
	acme := map[string]string{
		"acme": "100.00", "acme.chat": "50.00", "acme.chat.engineers": "-", "acme.chat.engineers.alice": "7.00",
		"acme.chat.engineers.bob": "5.00", "acme.chat.interns": "1.00",
	}
	globex := map[string]string{"globex": "30.00", "globex.chat": "20.00", "globex.chat.interns": "1.00"}
	r.inForce("created", "default", acme)
	r.inForce("created", "second", globex)
	r.mustReserve("acme.chat.engineers.visitor", "5", nil) // on the group's userBudget

	var refused *ledger.RefusedError
	r.apply(project("acme-chat", "acme", "4", engineers+", "+interns))
	acme["acme.chat"] = "4.00"
	r.inForce("a changed limit", "default", acme)
	r.mustReserve("acme.chat.engineers.alice", "1", &refused) // visitor holds 5

	// A user, then a group, is no longer listed. The user lives on the group's
	// default; the group refuses.
	r.apply(project("acme-chat", "acme", "60", `{name: engineers, userBudget: {limit: "5"}, users: [{name: bob}]}, `+interns))
	acme["acme.chat"], acme["acme.chat.engineers.alice"] = "60.00", ""
	r.inForce("a removed user", "default", acme)
	r.mustReserve("acme.chat.engineers.alice", "6", &refused)
	r.mustReserve("acme.chat.engineers.alice", "1", nil)
	r.apply(project("acme-chat", "acme", "60", interns))
	acme["acme.chat.engineers"], acme["acme.chat.engineers.bob"] = "", ""
	r.inForce("a removed group", "default", acme)
	var unknown *ledger.UnknownError
	r.mustReserve("acme.chat.engineers.alice", "1", &unknown)

	t.Run("one of two ledgers is dead, then hangs", func(t *testing.T) {
		one := *r
		one.T = t
		one.otherLedgerWell(globex)
	})

	// Redis without a file comes back empty.
	if err := r.redis["second"].Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.redis["second"].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.inForce("an empty Redis has its limits again", "second", globex)
	if err := r.redis["second"].Client().FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	r.inForce("an emptied Redis has its limits again", "second", globex)

	r.kubectl("delete", "project", "chat", "-n", "acme-chat")
	acme["acme"], acme["acme.chat"], acme["acme.chat.interns"] = "32.00", "", ""
	r.inForce("a removed project", "default", acme)
	r.kubectl("delete", "organization", "acme")
	acme["acme"] = ""
	r.inForce("a removed organization", "default", acme)
	r.inForce("which is nobody else's business", "second", globex)
}

// otherLedgerWell changes limits of the second ledger while the default one is
// dead, and while it hangs.
func (r *rig) otherLedgerWell(globex map[string]string) {
	r.Helper()
	change := func(what, limit string) {
		r.Helper()
		r.apply(organization("globex", "second", limit, "globex-chat") + "---" + organization("acme", "default", limit, "acme-chat"))
		globex["globex"] = limit + ".00"
		r.inForce(what, "second", globex)
	}
	first := r.redis["default"]
	if err := first.Kill(); err != nil {
		r.Fatal(err)
	}
	change("while the other is dead", "31")
	if err := first.Start(r.Context()); err != nil {
		r.Fatal(err)
	}
	r.inForce("the dead one came back empty", "default", map[string]string{"acme": "31.00", "acme.chat": "60.00"})
	if err := first.Pause(); err != nil {
		r.Fatal(err)
	}
	change("while the other hangs", "32")
	if err := first.Resume(); err != nil {
		r.Fatal(err)
	}
	r.inForce("the hanging one goes on", "default", map[string]string{"acme": "32.00", "acme.chat": "60.00"})
}

// mustReserve reserves dollars; target is nil or a pointer to the error that is
// to come of it.
func (r *rig) mustReserve(path ledger.Path, dollars string, target any) {
	r.Helper()
	amount, err := money.Parse(dollars)
	if err != nil {
		r.Fatal(err)
	}
	_, err = r.ledgers["default"].Reserve(r.Context(), ledger.Reservation{
		ID: fmt.Sprintf("request-%d", time.Now().UnixNano()), Path: path, Amount: amount, TTL: 10 * time.Minute,
	})
	if target == nil && err != nil || target != nil && !errors.As(err, target) {
		r.Errorf("reserving %s for %s: %v", dollars, path, err)
	}
}

// Holds of a gateway that never came back are charged.
func TestTheLeaderTakesOverAndSweeps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	both := map[string]*replica{}
	for _, name := range []string{"one", "two"} {
		both[name] = r.start(name, "--metrics-insecure")
	}
	r.kubectl("create", "namespace", "acme-chat")
	r.apply(organization("acme", "default", "100", "acme-chat") + "---" + project("acme-chat", "acme", "50", engineers))
	r.inForce("created", "default", map[string]string{"acme": "100.00", "acme.chat": "50.00"})

	leader, other := "", ""
	r.eventually("one of the two leads", func() error {
		leader, other = "", ""
		for name, c := range both {
			leads, err := r.leads(c)
			if err != nil {
				return err
			}
			if leads {
				leader = name
			} else {
				other = name
			}
		}
		if leader == "" || other == "" {
			return fmt.Errorf("leader %q, other %q", leader, other)
		}
		return nil
	})
	// A leader that stands still is replaced. When it goes on it finds that out,
	// ends, and its next process waits for its turn.
	if err := both[leader].Pause(); err != nil {
		t.Fatal(err)
	}
	r.apply(organization("acme", "default", "150", "acme-chat"))
	r.inForce("the other replica works while the leader stands still", "default", map[string]string{"acme": "150.00"})
	if err := both[leader].Resume(); err != nil {
		t.Fatal(err)
	}
	r.eventually("the one that stood still ends", func() error {
		if r.replicas.losses(both[leader]) == 0 {
			return errors.New("it goes on")
		}
		return nil
	})
	r.ready(both[leader])
	leader, other = other, leader

	r.replicas.kill(both[leader])
	// While nobody leads the limits stay; what changes is in force when the
	// other has taken over.
	r.mustReserve("acme.chat.engineers.alice", "1", nil)
	r.apply(organization("acme", "default", "200", "acme-chat"))
	r.inForce("the other replica works", "default", map[string]string{"acme": "200.00"})
	r.eventually("the other replica says that it leads", func() error {
		leads, err := r.leads(both[other])
		if err == nil && !leads {
			err = errors.New("it works and has counted nothing")
		}
		return err
	})

	// A leader that ends in order hands over at once.
	r.startAgain(both[leader])
	both[other].Stop()
	r.apply(organization("acme", "default", "300", "acme-chat"))
	r.inForce("the first replica works again", "default", map[string]string{"acme": "300.00"})

	const path = "acme.chat.engineers.bob"
	if _, err := r.ledgers["default"].Reserve(t.Context(), ledger.Reservation{ID: "abandoned-1", Path: path, Amount: money.Dollar, TTL: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	r.eventually("the abandoned hold is charged", func() error {
		views, err := r.ledgers["default"].Nodes(t.Context(), "acme", []ledger.Path{path})
		if err == nil && views[0].Spent != money.Dollar {
			err = fmt.Errorf("spent %s, held %s", views[0].Spent, views[0].Held)
		}
		return err
	})
}
