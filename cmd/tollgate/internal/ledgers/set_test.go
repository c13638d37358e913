package ledgers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

type silent struct{}

func (silent) Observe(string, string, time.Duration) {}

func open(t *testing.T, getenv func(string) string, values ...string) *Set {
	t.Helper()
	configs, err := ParseAll(values, getenv)
	if err != nil {
		t.Fatal(err)
	}
	s := Open(configs, silent{}, 20*time.Second)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// eventually tries for minutes, whatever stands still.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestReachesEveryKindOfRedis(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value func(t *testing.T) string
	}{
		{name: "single", value: func(t *testing.T) string { return "x=redis://" + clustertest.Redis(t).Addr }},
		{name: "sentinel", value: func(t *testing.T) string {
			s := clustertest.Sentinel(t)
			return "x=redis+sentinel://" + strings.Join(s.Addrs, ",") + "/" + s.MasterName
		}},
		{name: "cluster", value: func(t *testing.T) string {
			return "x=redis+cluster://" + strings.Join(clustertest.RedisCluster(t, cluster.RedisOptions{}).Addrs, ",")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, none, tt.value(t))
			r, ok := s.Ledger("x")
			if !ok {
				t.Fatal("no ledger")
			}
			eventually(t, func() error { return s.Ping(t.Context(), "x") })
			eventually(t, func() error {
				views, err := r.Nodes(t.Context(), "acme", []ledger.Path{"acme", "acme.chat"})
				if err == nil && len(views) != 2 {
					err = fmt.Errorf("%d views", len(views))
				}
				return err
			})
		})
	}
}

// A server that was told to wait longer for ledgers waits longer than the
// default, retries included.
func TestARedisIsGivenTheTimeThatWasSet(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	configs, err := ParseAll([]string{"x=redis://" + r.Addr}, none)
	if err != nil {
		t.Fatal(err)
	}
	s := Open(configs, silent{}, 3*time.Minute)
	defer s.Close()
	if err := r.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { answered <- s.Ping(t.Context(), "x") }()
	time.Sleep((retries+1)*DefaultTimeout + time.Second)
	if err := r.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("it gave up: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	r := clustertest.RedisWith(t, cluster.RedisOptions{Args: []string{"--user", "tollgate", "on", ">s3cret", "~*", "+@all"}})
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("redis://tollgate:s3cret@"+r.Addr), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if name == PasswordVariable("env") {
			return "s3cret"
		}
		return ""
	}
	s := open(t, env, "file=@"+file, "env=redis://tollgate@"+r.Addr, "wrong=redis://tollgate@"+r.Addr)
	for _, name := range []string{"file", "env"} {
		eventually(t, func() error { return s.Ping(t.Context(), name) })
	}
	configs, err := ParseAll([]string{"bad=redis://tollgate@" + r.Addr}, func(string) string { return "not-the-one" })
	if err != nil {
		t.Fatal(err)
	}
	bad := Open(configs, silent{}, 20*time.Second)
	defer bad.Close()
	if err := bad.Ping(t.Context(), "bad"); err == nil || strings.Contains(err.Error(), "not-the-one") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestAnUnknownName(t *testing.T) {
	t.Parallel()
	s := open(t, none, "a=redis://127.0.0.1:1")
	if _, ok := s.Ledger("b"); ok {
		t.Error("there is a ledger b")
	}
	if err := s.Ping(t.Context(), "b"); err == nil {
		t.Error("b answers")
	}
	if err := s.Ping(t.Context(), "a"); err == nil {
		t.Error("nobody answers at a")
	}
}

// swept adds sweeps up, and keeps the last one's error.
type swept struct {
	mu  sync.Mutex
	sum ledger.Swept
	err error
}

func (s *swept) Swept(n ledger.Swept, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Expired += n.Expired
	s.err = err
}

func TestASweepChargesWhatWasNeverSettled(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	s := open(t, none, "default=redis://"+r.Addr)
	org := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: v1alpha1.OrganizationSpec{
		Namespaces: []string{"acme"}, Ledger: v1alpha1.LedgerReference{Name: "default"}}}
	elsewhere := org.DeepCopy()
	elsewhere.Name, elsewhere.Spec.Ledger.Name, elsewhere.Spec.Namespaces = "globex", "elsewhere", nil
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: "acme"}, Spec: v1alpha1.ProjectSpec{
		Organization: "acme", Groups: []v1alpha1.Group{{Name: "eng", Users: []v1alpha1.User{{Name: "al"}}}}}}
	d := tenancy.NewDirectory([]*v1alpha1.Organization{org, elsewhere}, []*v1alpha1.Project{project})
	l, _ := s.Get("default")
	nodes := []terms.Node{{Path: "acme"}}
	for _, n := range d.ProjectsOf("acme")[0].Nodes {
		nodes = append(nodes, terms.Node{Path: n.Path})
	}
	app, problems := terms.NewCompiler().Application(nodes, time.Now())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var err error
	if app.Generation, err = l.NextGeneration(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(ctx, "acme", app); err != nil {
		t.Fatal(err)
	}
	const user = "acme.chat.eng.al"
	_, err = l.Reserve(ctx, ledger.Reservation{ID: "request-1", Path: user, Amount: money.Dollar, TTL: time.Millisecond})
	if err != nil && !errors.Is(err, ledger.ErrUsed) { // used: granted, its answer lost, and due before it was asked for again
		t.Fatal(err)
	}
	var seen swept
	for seen.sum.Expired == 0 && ctx.Err() == nil {
		for _, o := range d.Organizations() {
			s.sweepOne(ctx, o, &seen)
		}
	}
	if seen.sum.Expired != 1 {
		t.Errorf("expired %d, %v", seen.sum.Expired, seen.err)
	}
	views, err := l.Nodes(ctx, "acme", []ledger.Path{user})
	if err != nil || views[0].Spent != money.Dollar || views[0].Held != 0 {
		t.Errorf("%+v, %v", views, err)
	}
}
