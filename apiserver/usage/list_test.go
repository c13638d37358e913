package usage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

const (
	alice = "alice--40acme--2eexample"
	// Ten base32 characters of the SHA-256 of the model.
	mini     = "rjbufadcne"
	gpt5     = "fsda57qggd"
	unlisted = "2qaqzlf27o"
)

func TestListSelectsAndAddsUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, namespace, label, field string
		want                          []string
	}{
		{name: "all", want: []string{
			"acme-chat/chat.engineers." + alice + "." + gpt5,
			"acme-chat/chat.engineers." + alice + "." + mini,
			"acme-chat/chat.ops.bob." + mini,
			"acme-search/search.crawlers.bot." + unlisted,
			"globex-chat/chat.engineers.eve." + mini,
		}},
		{name: "one namespace", namespace: "globex-chat", want: []string{"globex-chat/chat.engineers.eve." + mini}},
		{name: "namespace of nobody", namespace: "default", want: []string{}},
		{name: "model", field: "model=openai/gpt-5:high", want: []string{"acme-chat/chat.engineers." + alice + "." + gpt5}},
		{name: "no such model", field: "model=x", want: []string{}},
		{name: "name", field: "metadata.name=chat.ops.bob." + mini, want: []string{"acme-chat/chat.ops.bob." + mini}},
		{name: "namespace as a field", field: "metadata.namespace=globex-chat", want: []string{"globex-chat/chat.engineers.eve." + mini}},
		{name: "namespaces that exclude each other", namespace: "acme-chat", field: "metadata.namespace=globex-chat", want: []string{}},
		{name: "label", label: "group=engineers,organization=acme", want: []string{
			"acme-chat/chat.engineers." + alice + "." + gpt5, "acme-chat/chat.engineers." + alice + "." + mini,
		}},
		{name: "label set", label: "user in (bob,eve)", want: []string{"acme-chat/chat.ops.bob." + mini, "globex-chat/chat.engineers.eve." + mini}},
		{name: "by model", field: "by=model", want: []string{"acme-chat/" + gpt5, "acme-chat/" + mini, "acme-search/" + unlisted, "globex-chat/" + mini}},
		{name: "by project", field: "by=project", want: []string{"acme-chat/chat", "acme-search/search", "globex-chat/chat"}},
		{name: "by project and model", field: "by=project+model", want: []string{
			"acme-chat/chat." + gpt5, "acme-chat/chat." + mini, "acme-search/search." + unlisted, "globex-chat/chat." + mini,
		}},
		{name: "by user, some", field: "by=user", label: "user!=bob", want: []string{"acme-chat/" + alice, "acme-search/bot", "globex-chat/eve"}},
		{name: "top", field: "top=2", want: []string{
			"acme-chat/chat.engineers." + alice + "." + mini, "acme-chat/chat.engineers." + alice + "." + gpt5,
		}},
		{name: "top with the unpriced last", field: "by=model,top=9", want: []string{"acme-chat/" + mini, "acme-chat/" + gpt5, "globex-chat/" + mini, "acme-search/" + unlisted}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, warnings := list(t, storage(usageOfTwo()), tt.namespace, tt.label, tt.field)
			if diff := cmp.Diff(tt.want, names(got)); diff != "" {
				t.Error(diff)
			}
			if len(warnings) > 0 || got.ResourceVersion != "" {
				t.Errorf("warnings %q, resourceVersion %q", warnings, got.ResourceVersion)
			}
		})
	}
}

func TestRefusedSelectors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, label, field string
		says               []string
	}{
		{name: "unknown field", field: "state=Active", says: []string{`"state"`, "window"}},
		{name: "unequal", field: "model!=x", says: []string{`"model"`, "!="}},
		{name: "empty", field: "model=", says: []string{`"model"`}},
		{name: "twice", field: "top=1,top=2", says: []string{`"top"`, "twice"}},
		{name: "unknown label", label: "level=User", says: []string{`"level"`, "organization, project"}},
		{name: "window with since", field: "window=1h,since=2h", says: []string{"window", "since"}},
		{name: "bad by", field: "by=team", says: []string{"by=team", "project, group, user and model"}},
		{name: "by twice", field: "by=user+user", says: []string{"user twice"}},
		{name: "zero top", field: "top=0", says: []string{"top=0", "1 to 1000"}},
		{name: "word top", field: "top=ten", says: []string{"top=ten"}},
		{name: "label of a part that is added up", field: "by=model", label: "user=bob", says: []string{"by adds user up", "+user"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			ctx, _ := contextOf(t, "")
			_, err := storage(m).List(ctx, options(t, tt.label, tt.field))
			if !apierrors.IsBadRequest(err) {
				t.Fatalf("%v is not a 400", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if len(m.asked) > 0 {
				t.Error("Mimir was asked before the selectors were judged")
			}
		})
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	got, _ := list(t, storage(usageOfTwo()), "acme-chat", "", "metadata.name=chat.engineers."+alice+"."+mini+",window=1h")
	if len(got.Items) != 1 {
		t.Fatalf("got %v", names(got))
	}
	u := got.Items[0]
	at := metav1.NewTime(now())
	n := func(v int64) *int64 { return &v }
	want := metering.Usage{
		ObjectMeta: metav1.ObjectMeta{
			Name: "chat.engineers." + alice + "." + mini, Namespace: "acme-chat", UID: u.UID, CreationTimestamp: born(),
			Labels: map[string]string{"organization": "acme", "project": "chat", "group": "engineers", "user": alice},
		},
		Spec: metering.UsageSpec{
			Organization: "acme", Project: "chat", Group: "engineers", User: "alice@acme.example", Model: "gpt-4o-mini",
			Since: metav1.NewTime(now().Add(-3600e9 - 11e9)), Until: metav1.NewTime(now().Add(-11e9)),
		},
		Status: metering.UsageStatus{
			Requests: n(1200), InputTokens: n(4_500_000), OutputTokens: n(800_000), TotalTokens: n(5_300_000),
			Cost: "7.70", Estimate: true, Source: "mimir", AsOf: &at,
			Conditions: []metav1.Condition{
				{Type: "Available", Status: "True", Reason: "Read", LastTransitionTime: at},
				{Type: "Priced", Status: "True", Reason: "Priced", LastTransitionTime: at},
			},
		},
	}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Error(diff)
	}
	again, _ := list(t, storage(usageOfTwo()), "", "", "window=2h")
	uids := map[string]bool{}
	for _, o := range again.Items {
		uids[string(o.UID)] = true
		if o.Name == u.Name && o.UID != u.UID {
			t.Error("the UID of a row changed")
		}
	}
	if len(uids) != len(again.Items) {
		t.Error("two rows have one UID")
	}
}

func TestUnpricedIsNeverZero(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, field string
		change      func(*usage.Config)
		row         string
		says        []string
	}{
		{name: "not listed", row: "acme-search/search.crawlers.bot." + unlisted, says: []string{`"unlisted"`, "add it"}},
		{name: "a part of a sum", field: "by=project", change: func(c *usage.Config) {
			m := usageOfTwo()
			m.rows["tenant-acme"] = append(m.rows["tenant-acme"], estimate("chat", "ops", "bob", "unlisted", 1, 1, 1))
			c.Meter = m
		}, row: "acme-chat/chat", says: []string{`"unlisted"`, "the priced part costs $7.833814"}},
		{name: "no price table", change: func(c *usage.Config) { c.Prices = prices{} },
			row: "acme-chat/chat.ops.bob." + mini, says: []string{`"gpt-4o-mini"`, `no PriceTable "default"`, "spec.priceTable"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			change := tt.change
			if change == nil {
				change = func(*usage.Config) {}
			}
			got, _ := list(t, storage(usageOfTwo(), change), "", "", tt.field)
			for _, u := range got.Items {
				if u.Namespace+"/"+u.Name != tt.row {
					continue
				}
				if u.Status.Cost != "" || u.Status.Requests == nil {
					t.Errorf("cost %q, requests %v", u.Status.Cost, u.Status.Requests)
				}
				c := u.Status.Conditions[1]
				if c.Type != "Priced" || c.Status != "False" || c.Reason != "Unpriced" {
					t.Errorf("condition %v", c)
				}
				for _, part := range tt.says {
					if !strings.Contains(c.Message, part) {
						t.Errorf("%q does not say %q", c.Message, part)
					}
				}
				return
			}
			t.Errorf("no row %s in %v", tt.row, names(got))
		})
	}
}

func TestMimirAway(t *testing.T) {
	t.Parallel()
	down := &meter.Error{Kind: meter.Unreachable, Tenant: "tenant-acme", Detail: "no answer: connection refused"}
	for _, tt := range []struct {
		name   string
		change func(*fakeMeter, *usage.Config)
		reason string
		says   string
	}{
		{name: "down", change: func(m *fakeMeter, _ *usage.Config) { m.fails = map[string]error{"tenant-acme": down} }, reason: "MimirUnreachable", says: "connection refused"},
		{name: "hung", change: func(m *fakeMeter, c *usage.Config) { m.slow, c.Timeout = true, 1e6 }, reason: "MimirTimeout", says: "no answer in time"},
		{name: "another error", change: func(m *fakeMeter, _ *usage.Config) {
			m.fails = map[string]error{"tenant-acme": errors.New("a\nsurprise")}
		}, reason: "NotRead", says: "a surprise"},
		{name: "an older organization has the tenant", change: func(_ *fakeMeter, c *usage.Config) {
			thief := organization("acme", "acme-chat", "acme-search")
			thief.Spec.MimirTenant = "tenant-globex"
			thief.CreationTimestamp = metav1.NewTime(now())
			c.Directory = directory{tenancy.NewDirectory(append(orgs("globex", "globex-chat"), thief), projectsOfTwo())}
		}, reason: "NotRead", says: "belongs to an older organization"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			s := storage(m, func(c *usage.Config) { tt.change(m, c) })
			got, warnings := list(t, s, "acme-chat", "", "")
			if diff := cmp.Diff([]string{"acme-chat/chat"}, names(got)); diff != "" {
				t.Fatal(diff)
			}
			u := got.Items[0].Status
			if u.Requests != nil || u.TotalTokens != nil || u.InputTokens != nil || u.OutputTokens != nil || u.Cost != "" {
				t.Errorf("numbers that nobody knows: %+v", u)
			}
			if c := u.Conditions[0]; c.Type != "Available" || c.Status != "False" || c.Reason != tt.reason {
				t.Errorf("condition %+v", c)
			}
			if len(warnings) != 1 || !strings.Contains(warnings[0], "organization acme") || !strings.Contains(warnings[0], tt.says) {
				t.Errorf("warnings %q", warnings)
			}
			ctx, _ := contextOf(t, "acme-chat")
			_, err := s.Get(ctx, "chat.ops.bob."+mini, nil)
			if seconds, ok := apierrors.SuggestsClientDelay(err); !apierrors.IsServiceUnavailable(err) || !ok || seconds == 0 {
				t.Errorf("get: %v is no 503 that says when to try again", err)
			}
		})
	}
	t.Run("others are not affected", func(t *testing.T) {
		t.Parallel()
		m := usageOfTwo()
		m.fails = map[string]error{"tenant-acme": down}
		got, _ := list(t, storage(m), "", "", "")
		if diff := cmp.Diff([]string{"acme-chat/chat", "acme-search/search", "globex-chat/chat.engineers.eve." + mini}, names(got)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGet(t *testing.T) {
	t.Parallel()
	ctx, _ := contextOf(t, "acme-chat")
	s := storage(usageOfTwo())
	got, err := s.Get(ctx, "chat.ops.bob."+mini, nil)
	if err != nil {
		t.Fatal(err)
	}
	u := got.(*metering.Usage)
	if u.Spec.Since.UTC().Day() != 1 || len(u.Status.Activity) != 24 {
		t.Errorf("since %s, %d hours", u.Spec.Since, len(u.Status.Activity))
	}
	for _, name := range []string{"chat.ops.nobody." + mini, "chat", "search.crawlers.bot." + unlisted, "x/../y"} {
		if _, err := s.Get(ctx, name, nil); !apierrors.IsNotFound(err) {
			t.Errorf("%s: %v is not a 404", name, err)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := storage(usageOfTwo())
	whole, _ := list(t, s, "", "", "")
	ctx, _ := contextOf(t, "")
	opts := options(t, "", "")
	opts.LabelSelector, opts.FieldSelector = labels.Everything(), fields.Everything()
	opts.Limit = 2
	var got []string
	for {
		l, err := s.List(ctx, opts)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, names(l.(*metering.UsageList))...)
		if opts.Continue = l.(*metering.UsageList).Continue; opts.Continue == "" {
			break
		}
	}
	if diff := cmp.Diff(names(whole), got); diff != "" {
		t.Error(diff)
	}
	for _, token := range []string{"x", page.NewIssuer([]byte("other")).Token("usages", page.Key{Namespace: "acme-chat", Name: "chat"})} {
		opts.Continue = token
		if _, err := s.List(ctx, opts); !apierrors.IsBadRequest(err) {
			t.Errorf("token %q: %v is not a 400", token, err)
		}
	}
}
