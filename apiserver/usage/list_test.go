package usage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
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
				for _, part := range append(tt.says, "ask the platform's administrators") {
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

// TestUserOfSeveralProjects: a name that is too long for a label is known to the
// projects that list it, whichever of a sum's projects that is.
func TestUserOfSeveralProjects(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("somebody-", 8) + "else@acme.example"
	label := tenancy.UserLabel(long)
	listed := v1alpha1.Group{Name: "crawlers", Users: []v1alpha1.User{{Name: long}}}
	for _, tt := range []struct {
		name, field string
		first, last []v1alpha1.Group // of the projects aaa and zzz
	}{
		{name: "by user, the last knows", field: "by=user", last: []v1alpha1.Group{listed}},
		{name: "by user, the first knows", field: "by=user", first: []v1alpha1.Group{listed}},
		{name: "by group and user, the last knows", field: "by=group+user", last: []v1alpha1.Group{listed}},
		{name: "listed in another group", field: "by=group+user", last: []v1alpha1.Group{{Name: "others", Users: listed.Users}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &fakeMeter{rows: map[string][]meter.Estimate{"tenant-acme": {
				estimate("zzz", "crawlers", label, "gpt-4o-mini", 1, 1, 1), estimate("aaa", "crawlers", label, "gpt-4o-mini", 1, 1, 1),
			}}}
			got, _ := list(t, storage(m, func(c *usage.Config) {
				c.Directory = directory{tenancy.NewDirectory(orgs("acme", "acme-chat"), []*v1alpha1.Project{
					project("acme", "acme-chat", "aaa", tt.first...), project("acme", "acme-chat", "zzz", tt.last...),
				})}
			}), "acme-chat", "", tt.field)
			if len(got.Items) != 1 || got.Items[0].Spec.User != long || *got.Items[0].Status.Requests != 2 {
				t.Errorf("got %+v", got.Items)
			}
		})
	}
}
