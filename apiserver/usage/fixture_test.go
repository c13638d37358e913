package usage_test

import (
	"context"
	"sync"
	"testing"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/usage"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

func now() time.Time { return time.Date(2026, 11, 20, 12, 34, 56, 0, time.UTC) }

func born() metav1.Time { return metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) }

func organization(name string, namespaces ...string) *v1alpha1.Organization {
	return &v1alpha1.Organization{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("org-" + name), CreationTimestamp: born()},
		Spec:       v1alpha1.OrganizationSpec{Namespaces: namespaces, MimirTenant: "tenant-" + name},
	}
}

func project(organization, namespace, name string, groups ...v1alpha1.Group) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, UID: types.UID("proj-" + namespace + "-" + name), CreationTimestamp: born()},
		Spec:       v1alpha1.ProjectSpec{Organization: organization, Groups: groups},
	}
}

type directory struct{ *tenancy.Directory }

func (d directory) Snapshot() *tenancy.Directory { return d.Directory }

// twoOrganizations have a project of the same name each, and one that names an
// organization which does not list its namespace.
func twoOrganizations() directory {
	return directory{tenancy.NewDirectory(append(orgs("acme", "acme-chat", "acme-search"), orgs("globex", "globex-chat")...), projectsOfTwo())}
}

func orgs(name string, namespaces ...string) []*v1alpha1.Organization {
	return []*v1alpha1.Organization{organization(name, namespaces...)}
}

func projectsOfTwo() []*v1alpha1.Project {
	engineers := v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{{Name: "Alice@acme.example"}, {Name: "bob"}}}
	return []*v1alpha1.Project{
		project("acme", "acme-chat", "chat", engineers, v1alpha1.Group{Name: "ops"}),
		project("acme", "acme-search", "search"),
		project("globex", "globex-chat", "chat", v1alpha1.Group{Name: "engineers"}),
		project("acme", "globex-chat", "spy"),
	}
}

// fakeMeter counts what it was told to, and remembers what it was asked.
type fakeMeter struct {
	rows  map[string][]meter.Estimate // by tenant
	fails map[string]error
	slow  bool

	mu    sync.Mutex
	asked []meter.Query
}

func (m *fakeMeter) ask(ctx context.Context, q meter.Query) error {
	m.mu.Lock()
	m.asked = append(m.asked, q)
	m.mu.Unlock()
	if m.slow {
		<-ctx.Done()
		return &meter.Error{Kind: meter.Timeout, Tenant: q.Tenant, Err: ctx.Err()}
	}
	return m.fails[q.Tenant]
}

func (m *fakeMeter) Estimates(ctx context.Context, q meter.Query, table *price.Table) ([]meter.Estimate, error) {
	if err := m.ask(ctx, q); err != nil {
		return nil, err
	}
	out := append([]meter.Estimate(nil), m.rows[q.Tenant]...)
	for i := range out {
		rate, err := table.Lookup("", out[i].Model, q.Since)
		if err == nil {
			out[i].Cost, err = rate.Cost(price.Usage{Input: out[i].Input, Output: out[i].Output, Requests: out[i].Requests})
		}
		out[i].Unpriced = err
	}
	return out, nil
}

func (m *fakeMeter) Hourly(ctx context.Context, q meter.Query) ([]meter.Slice, error) {
	if err := m.ask(ctx, q); err != nil {
		return nil, err
	}
	var out []meter.Slice
	for at := q.Since; at.Before(q.Until); {
		end := at.Truncate(time.Hour).Add(time.Hour)
		if end.After(q.Until) {
			end = q.Until
		}
		s := meter.Slice{Since: at, Until: end}
		for _, e := range m.rows[q.Tenant] {
			s.Rows = append(s.Rows, meter.Row{Key: unique.Make(e.Key), Counters: meter.Counters{Total: e.Total * int64(at.Hour()%4)}})
		}
		out = append(out, s)
		at = end
	}
	return out, nil
}

type prices map[string]*price.Table

func (p prices) Table(name string) (*price.Table, []pricetable.Problem, bool) {
	t, ok := p[name]
	return t, nil, ok
}

func priceList() prices {
	dollars := func(n money.Amount) price.Rates {
		return price.Rates{price.Input: n * money.Dollar, price.Output: 4 * n * money.Dollar}
	}
	return prices{"default": price.NewTable([]price.Entry{
		{Model: "gpt-4o-mini", Mode: price.Chat, Rates: dollars(1)},
		{Model: "openai/gpt-5:high", Mode: price.Chat, Rates: dollars(10)},
	})}
}

func estimate(project, group, user, model string, requests, input, output int64) meter.Estimate {
	return meter.Estimate{
		Key:      meter.Key{Project: project, Group: group, User: user, Model: model, Cluster: "outbound|443||llm-openai.dns"},
		Counters: meter.Counters{Requests: requests, Input: input, Output: output, Total: input + output},
	}
}

func usageOfTwo() *fakeMeter {
	alice := tenancy.UserLabel("alice@acme.example")
	return &fakeMeter{rows: map[string][]meter.Estimate{
		"tenant-acme": {
			estimate("chat", "engineers", alice, "gpt-4o-mini", 1200, 4_500_000, 800_000),
			estimate("chat", "engineers", alice, "openai/gpt-5:high", 3, 12_000, 345),
			estimate("chat", "ops", "bob", "gpt-4o-mini", 1, 10, 1),
			estimate("search", "crawlers", "bot", "unlisted", 7, 70_000, 0),
			estimate("spy", "x", "y", "gpt-4o-mini", 99, 99, 99),       // a project that does not count
			estimate("gone", "x", "y", "gpt-4o-mini", 99, 99, 99),      // no project
			estimate("chat", "metrics", "y", "gpt-4o-mini", 99, 99, 9), // no group can have this name
		},
		"tenant-globex": {estimate("chat", "engineers", "eve", "gpt-4o-mini", 5, 1000, 2000)},
	}}
}

type observer struct{}

func (observer) Answered(string, int, time.Duration) {}

func storage(m usage.Meter, change ...func(*usage.Config)) *usage.Storage {
	c := usage.Config{
		Directory: twoOrganizations(), Meter: m, Prices: priceList(),
		Tokens: page.NewIssuer([]byte("test")), Observer: observer{}, Now: now,
	}
	for _, f := range change {
		f(&c)
	}
	return usage.New(c)
}

type recorder struct {
	mu    sync.Mutex
	texts []string
}

func (r *recorder) AddWarning(_, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, text)
}

func contextOf(t testing.TB, namespace string) (context.Context, *recorder) {
	r := &recorder{}
	ctx := klog.NewContext(request.WithNamespace(t.Context(), namespace), ktesting.NewLogger(t, ktesting.NewConfig()))
	return warning.WithWarningRecorder(ctx, r), r
}

func options(t testing.TB, label, field string) *internalversion.ListOptions {
	t.Helper()
	l, err := labels.Parse(label)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fields.ParseSelector(field)
	if err != nil {
		t.Fatal(err)
	}
	return &internalversion.ListOptions{LabelSelector: l, FieldSelector: f}
}

func list(t testing.TB, s *usage.Storage, namespace, label, field string) (*metering.UsageList, []string) {
	t.Helper()
	ctx, r := contextOf(t, namespace)
	got, err := s.List(ctx, options(t, label, field))
	if err != nil {
		t.Fatal(err)
	}
	return got.(*metering.UsageList), r.texts
}

func names(l *metering.UsageList) []string {
	out := []string{}
	for _, u := range l.Items {
		out = append(out, u.Namespace+"/"+u.Name)
	}
	return out
}
