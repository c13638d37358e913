package usage_test

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

// asking is one list call.
type asking struct {
	namespace string
	by        []string // nil for all
	fields    map[string]string
	labels    string
	top       int
}

func askings() *rapid.Generator[asking] {
	return rapid.Custom(func(rt *rapid.T) asking {
		a := asking{
			namespace: rapid.SampledFrom([]string{"a", "b", "c", "d", "", "", "missing"}).Draw(rt, "namespace"),
			by:        rapid.SampledFrom([][]string{nil, nil, {"project"}, {"user"}, {"model"}, {"group", "user"}, {"project", "model"}}).Draw(rt, "by"),
			fields:    map[string]string{},
			top:       rapid.SampledFrom([]int{0, 0, 0, 1, 3, 1000}).Draw(rt, "top"),
		}
		maybe := func(key string, values ...string) {
			if rapid.IntRange(0, 2).Draw(rt, key+"?") == 0 {
				a.fields[key] = rapid.SampledFrom(values).Draw(rt, key)
			}
		}
		maybe("metadata.namespace", "a", "b", "c", "missing")
		maybe("model", "gpt-4o-mini", "openai/gpt-5:high", "missing")
		maybe("metadata.name", "chat", "search", "nobody", "acme-user", "eng.acme-user", "chat.eng.acme-user."+digest("gpt-4o-mini"),
			"search.law.globex-bot."+digest("openai/gpt-5:high"), digest("gpt-4o-mini"), "chat."+digest("gpt-4o-mini"), "missing")
		var selectors []string
		for part, values := range map[string][]string{
			"organization": {"organization=acme", "organization!=acme", "organization in (globex,initech)", "!organization"},
			"project":      {"project=chat", "project!=chat", "project in (search,nobody)"},
			"group":        {"group=eng", "group notin (eng)", "!group"},
			"user":         {"user=acme-user", "user in (acme-user,shared-bot)", "user"},
		} {
			// A selector on what is added up is refused.
			if part == "organization" || a.by == nil || slices.Contains(a.by, part) {
				selectors = append(selectors, values...)
			}
		}
		slices.Sort(selectors)
		a.labels = strings.Join(rapid.SliceOfN(rapid.SampledFrom(selectors), 0, 2).Draw(rt, "labels"), ",")
		return a
	})
}

// field is the field selector of a call.
func (a asking) field() string {
	var all []string
	for key, value := range a.fields {
		all = append(all, key+"="+value)
	}
	if a.by != nil {
		all = append(all, "by="+strings.Join(a.by, "+"))
	}
	if a.top > 0 {
		all = append(all, fmt.Sprintf("top=%d", a.top))
	}
	return strings.Join(all, ",")
}

// keeps tells whether rows differ by a part.
func (a asking) keeps(part string) bool { return a.by == nil || slices.Contains(a.by, part) }

// digest is the end of a row's name that stands for a model.
func digest(model string) string {
	sum := sha256.Sum256([]byte(model))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
}

// metered is organizations, projects and what each tenant's metrics say.
type metered struct {
	directory *tenancy.Directory
	projects  []*v1alpha1.Project
	meter     *fakeMeter
}

func metereds() *rapid.Generator[metered] {
	return rapid.Custom(func(rt *rapid.T) metered {
		orgNames := []string{"acme", "globex", "initech"}
		namespaces := []string{"a", "b", "c", "d"}
		var organizations []*v1alpha1.Organization
		for _, name := range orgNames {
			o := organization(name, rapid.SliceOfNDistinct(rapid.SampledFrom(namespaces), 0, 3, rapid.ID[string]).Draw(rt, "namespaces of "+name)...)
			o.Spec.MimirTenant = rapid.SampledFrom([]string{"", "acme", "shared"}).Draw(rt, "tenant")
			o.CreationTimestamp.Time = o.CreationTimestamp.Add(rapid.SampledFrom([]time.Duration{0, 1, 2}).Draw(rt, "age of org") * time.Second)
			organizations = append(organizations, o)
		}
		w := metered{meter: &fakeMeter{rows: map[string][]meter.Estimate{}, fails: map[string]error{}}}
		for _, ns := range namespaces {
			for _, name := range []string{"chat", "search"} {
				if !rapid.Bool().Draw(rt, "exists") {
					continue
				}
				p := project(rapid.SampledFrom(orgNames).Draw(rt, "organization of the project"), ns, name)
				p.CreationTimestamp.Time = p.CreationTimestamp.Add(rapid.SampledFrom([]time.Duration{0, 1, 2}).Draw(rt, "age") * time.Second)
				w.projects = append(w.projects, p)
			}
		}
		w.directory = tenancy.NewDirectory(organizations, w.projects)
		requests := int64(1) // every subset of the estimates has another sum
		for _, tenant := range []string{"acme", "shared", "globex", "initech"} {
			requests = 1
			for _, p := range []string{"chat", "search", "nobody"} {
				for _, who := range []string{"eng/" + tenant + "-user", "law/" + tenant + "-bot", "law/" + tenant + "-user"} {
					group, user, _ := strings.Cut(who, "/")
					for _, model := range []string{"gpt-4o-mini", "openai/gpt-5:high"} {
						w.meter.rows[tenant] = append(w.meter.rows[tenant], estimate(p, group, user, model, requests, 1, 1))
						requests *= 2
					}
				}
			}
			if rapid.IntRange(0, 5).Draw(rt, "fails") == 0 {
				w.meter.fails[tenant] = &meter.Error{Kind: meter.Failed, Tenant: tenant}
			}
		}
		return w
	})
}

// wanted returns the requests of each row that a call asks for, by namespace and
// name; -1 for one that is not known.
func (w metered) wanted(t *rapid.T, a asking) map[string]int64 {
	selector, err := labels.Parse(a.labels)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	add := func(namespace, name string, set labels.Set, requests int64) {
		if want, ok := a.fields["metadata.name"]; ok && want != name || !selector.Matches(set) {
			return
		}
		out[namespace+"/"+name] += requests
	}
	for _, p := range w.projects {
		view, _ := w.directory.Project(p.Namespace, p.Name)
		other, elsewhere := a.fields["metadata.namespace"]
		if !view.Accepted || a.namespace != "" && a.namespace != p.Namespace || elsewhere && other != p.Namespace {
			continue
		}
		org := p.Spec.Organization
		tenant, ok, _ := w.directory.MimirTenant(org)
		if !ok || w.meter.fails[tenant] != nil {
			add(p.Namespace, p.Name, labels.Set{"organization": org, "project": p.Name}, -1)
			continue
		}
		for _, e := range w.meter.rows[tenant] {
			if model, ok := a.fields["model"]; e.Project != p.Name || ok && model != e.Model {
				continue
			}
			set, names := labels.Set{"organization": org}, []string{}
			for _, part := range []struct{ key, value string }{{"project", e.Project}, {"group", e.Group}, {"user", e.User}} {
				if a.keeps(part.key) {
					set[part.key] = part.value
					names = append(names, part.value)
				}
			}
			if a.keeps("model") {
				names = append(names, digest(e.Model))
			}
			add(p.Namespace, strings.Join(names, "."), set, e.Requests)
		}
	}
	return out
}

// TestRowsAreThoseAskedFor: whatever organizations and projects exist, and whatever
// their metrics say, a list has every row that was asked for with the numbers of
// its own tenant, and none of a namespace that was not asked for, nor of a project
// that does not count; and no tenant is asked that is not the organization's.
func TestRowsAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, a := metereds().Draw(rt, "world"), askings().Draw(rt, "call")
		s := storage(w.meter, func(c *usage.Config) { c.Directory = directory{w.directory} })
		ctx, _ := contextOf(t, a.namespace)
		answer, err := s.List(ctx, options(t, a.labels, a.field()))
		if err != nil {
			rt.Fatal(err)
		}
		got := map[string]int64{}
		for _, u := range answer.(*metering.UsageList).Items {
			checkOwner(rt, w.directory, &u)
			key := u.Namespace + "/" + u.Name
			if _, twice := got[key]; twice {
				rt.Fatalf("two rows %s", key)
			}
			got[key] = -1
			if u.Status.Requests != nil {
				got[key] = *u.Status.Requests
			}
		}
		want := w.wanted(rt, a)
		if a.top > 0 { // some of them; which is another test's business
			if len(got) != min(a.top, len(want)) {
				rt.Fatalf("%d of %d rows for %+v", len(got), len(want), a)
			}
			for key := range want {
				if _, ok := got[key]; !ok {
					delete(want, key)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%+v (-want +got):\n%s", a, diff)
		}
		table(t, s, answer)
		for _, q := range w.meter.asked {
			if tenant, ok, _ := w.directory.MimirTenant(q.Organization); !ok || tenant != q.Tenant {
				rt.Fatalf("asked %q for %q, whose tenant is %q, %v", q.Tenant, q.Organization, tenant, ok)
			}
		}
	})
}

// checkOwner expects a row to say the organization whose namespace it is in.
func checkOwner(rt *rapid.T, d *tenancy.Directory, u *metering.Usage) {
	owner, ok := d.OwnerOfNamespace(u.Namespace)
	if !ok || owner.Name() != u.Spec.Organization || u.Labels["organization"] != owner.Name() {
		rt.Fatalf("row %s/%s says it is of %s, the namespace is of %v", u.Namespace, u.Name, u.Spec.Organization, owner)
	}
}
