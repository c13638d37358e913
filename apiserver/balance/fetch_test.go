package balance_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

// reader answers with views that have nothing in them, or with err, or never.
type reader struct {
	err  error
	hang bool
	slow time.Duration

	mu    sync.Mutex
	asked []ledger.Path
}

func (r *reader) Nodes(ctx context.Context, _ string, paths []ledger.Path) ([]ledger.NodeView, error) {
	r.mu.Lock()
	r.asked = append(r.asked, paths...)
	r.mu.Unlock()
	if r.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(r.slow):
	}
	views := make([]ledger.NodeView, len(paths))
	for i, p := range paths {
		views[i] = ledger.NodeView{Path: p, Applied: true, Terms: ledger.Terms{Calendar: "c"}}
	}
	return views, r.err
}

func (r *reader) Users(ctx context.Context, _ string) ([]ledger.Path, error) {
	if r.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, r.err
}

type set map[string]*reader

func (s set) Ledger(name string) (balance.Reader, bool) {
	r, ok := s[name]
	return r, ok
}

func orgRow(name, ledgerName string) *balance.Row {
	owner := balance.NewOwner(balance.Owner{
		Kind: "Budget", Meta: &metav1.ObjectMeta{Name: name}, Accepted: true, Reason: tenancy.ReasonAccepted,
		Organization: balance.Organization{Name: name, Ledger: ledgerName},
	})
	r := balance.NewRows().Row(owner, tenancy.Node{Level: tenancy.LevelOrganization, Path: name, Name: name, Organization: name}, nil)
	return &r
}

func TestOneLedgerDownLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	ledgers := set{"good": {}, "bad": {err: errors.New("dial tcp 10.1.2.3:6379: secret")}}
	f := balance.NewFetcher(ledgers, time.Second, time.Now)
	a := f.Read(t.Context(), []*balance.Row{orgRow("acme", "good"), orgRow("globex", "bad"), orgRow("initech", "missing")}, nil)
	want := []string{"Read", balance.ReasonLedgerUnreachable, balance.ReasonLedgerUnknown}
	for i, reason := range want {
		if got := summarize(a.Statuses[i]).Available; got != reason {
			t.Errorf("row %d: %s, want %s", i, got, reason)
		}
	}
	if len(a.Warnings) != 2 {
		t.Errorf("warnings %q, want one for each ledger that is away", a.Warnings)
	}
	if text := fmt.Sprint(a); strings.Contains(text, "10.1.2.3") || strings.Contains(text, "secret") {
		t.Errorf("the answer holds an address or what stood beside it: %s", text)
	}
	if !strings.Contains(strings.Join(a.Warnings, " "), "--ledger missing=") {
		t.Errorf("warnings %q do not say how a ledger is given", a.Warnings)
	}
}

func TestAHungLedgerIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := balance.NewFetcher(set{"default": {hang: true}}, 3*time.Second, time.Now)
		rows := []*balance.Row{orgRow("acme", "default")}
		ask := func() time.Duration {
			start := time.Now()
			a := f.Read(t.Context(), rows, nil)
			if got := summarize(a.Statuses[0]); got.Available != balance.ReasonLedgerUnreachable || got.State != "Unknown" {
				t.Errorf("got %+v", got)
			}
			return time.Since(start)
		}
		if took := ask(); took != 3*time.Second {
			t.Errorf("the first answer took %s, want the whole deadline", took)
		}
		if took := ask(); took >= time.Second {
			t.Errorf("the second answer took %s: the ledger was known not to answer", took)
		}
		time.Sleep(time.Minute)
		if took := ask(); took != 3*time.Second {
			t.Errorf("a minute later it took %s, want the whole deadline again", took)
		}
	})
}

func TestWhatIsNotAcceptedOrKnownDownIsNotAsked(t *testing.T) {
	t.Parallel()
	r := &reader{}
	owner := balance.NewOwner(balance.Owner{Kind: "Budget", Meta: &metav1.ObjectMeta{Name: "chat"}, Reason: "NotAccepted", Message: "no"})
	foreign := balance.NewRows().Row(owner, tenancy.Node{Level: tenancy.LevelProject, Name: "chat", Organization: "acme", Project: "chat"}, nil)
	down := map[string]*balance.Unavailable{"globex": {Reason: balance.ReasonLedgerUnreachable, Message: "away"}}
	f := balance.NewFetcher(set{"default": r}, time.Second, time.Now)
	a := f.Read(t.Context(), []*balance.Row{&foreign, orgRow("globex", "default")}, down)
	if len(r.asked) != 0 {
		t.Errorf("asked for %v", r.asked)
	}
	got := summarize(a.Statuses[0])
	if got.Accepted != "NotAccepted" || got.Available != balance.ReasonNotAccepted || got.State != "Unknown" || got.Spent != "" {
		t.Errorf("not accepted: %+v", got)
	}
	if got := summarize(a.Statuses[1]); got.Available != balance.ReasonLedgerUnreachable {
		t.Errorf("known to be down: %+v", got)
	}
}

func TestSymptoms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want string
	}{
		{name: "deadline", err: fmt.Errorf("reading: %w", context.DeadlineExceeded), want: "did not answer in time"},
		{name: "refused", err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, want: "refuses connections"},
		{name: "loading", err: errors.New("LOADING Redis is loading the dataset in memory"), want: "refuses with LOADING"},
		{name: "password", err: errors.New("WRONGPASS invalid username-password pair"), want: "refuses with WRONGPASS"},
		{name: "else", err: errors.New("EOF"), want: "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := balance.NewFetcher(set{"default": {err: tt.err}}, time.Second, time.Now)
			a := f.Read(t.Context(), []*balance.Row{orgRow("acme", "default")}, nil)
			if len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], tt.want) {
				t.Errorf("warnings %q do not say %q", a.Warnings, tt.want)
			}
		})
	}
}

func TestWarningsAreFew(t *testing.T) {
	t.Parallel()
	var rows []*balance.Row
	for i := range 10 {
		rows = append(rows, orgRow(fmt.Sprintf("org%d", i), fmt.Sprintf("ledger%d", i)))
	}
	a := balance.NewFetcher(set{}, time.Second, time.Now).Read(t.Context(), rows, nil)
	if len(a.Warnings) != 4 || !strings.HasPrefix(a.Warnings[3], "7 more") {
		t.Errorf("got %q", a.Warnings)
	}
}

func TestAHungLedgerTakesNoTimeFromOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := balance.NewFetcher(set{"hung": {hang: true}, "good": {}}, 3*time.Second, time.Now)
		var orgs []balance.Organization
		var rows []*balance.Row
		for i := range 40 {
			orgs = append(orgs, balance.Organization{Name: fmt.Sprintf("org%d", i), Ledger: "hung"})
		}
		orgs = append(orgs, balance.Organization{Name: "acme", Ledger: "good"})
		for _, o := range orgs {
			rows = append(rows, orgRow(o.Name, o.Ledger))
		}
		start := time.Now()
		ctx, cancel := f.Within(t.Context())
		defer cancel()
		users := f.Users(ctx, orgs)
		if users[40].Err != nil {
			t.Errorf("users of the ledger that is well: %v", users[40].Err)
		}
		a := f.Read(ctx, rows, nil)
		if got := summarize(a.Statuses[40]); got.Available != "Read" {
			t.Errorf("the ledger that is well: %+v", got)
		}
		if got := summarize(a.Statuses[0]); got.Available != balance.ReasonLedgerUnreachable {
			t.Errorf("the ledger that hangs: %+v", got)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it took %s, longer than the deadline", took)
		}
	})
}

// What one caller does must not take the amounts from others who ask a ledger
// that answers slowly, though in time.
func TestCallersDoNotMakeALedgerSuspect(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		caller func(ctx context.Context) (context.Context, context.CancelFunc)
	}{
		{name: "a caller who goes away", caller: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(100*time.Millisecond, cancel)
			return ctx, cancel
		}},
		{name: "a caller in a hurry", caller: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 100*time.Millisecond)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ledgers := set{"slow": {slow: time.Second}}
				f := balance.NewFetcher(ledgers, 3*time.Second, time.Now)
				row := orgRow("acme", "slow")
				ctx, cancel := tc.caller(t.Context())
				defer cancel()
				if got := summarize(f.Read(ctx, []*balance.Row{row}, nil).Statuses[0]).Available; got != balance.ReasonLedgerUnreachable {
					t.Fatalf("their own answer: %s, want %s", got, balance.ReasonLedgerUnreachable)
				}
				if got := summarize(f.Read(t.Context(), []*balance.Row{row}, nil).Statuses[0]).Available; got != "Read" {
					t.Errorf("the next caller's answer: %s, want Read", got)
				}
			})
		})
	}
}

// A ledger that hung and now answers, though slower than the short deadline of
// suspects, is trusted again however often it is asked meanwhile.
func TestSuspicionEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &reader{hang: true}
		f := balance.NewFetcher(set{"slow": r}, 3*time.Second, time.Now)
		rows := []*balance.Row{orgRow("acme", "slow")}
		f.Read(t.Context(), rows, nil)
		r.hang, r.slow = false, 400*time.Millisecond
		for range 4 {
			time.Sleep(2 * time.Second)
			f.Read(t.Context(), rows, nil)
		}
		if got := summarize(f.Read(t.Context(), rows, nil).Statuses[0]).Available; got != "Read" {
			t.Errorf("after ten seconds: %s, want Read", got)
		}
	})
}
