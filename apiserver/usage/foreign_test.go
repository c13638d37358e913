package usage_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

// TestNoForeignRow: whatever organizations and projects exist, and whatever their
// metrics say, no list has a row of a namespace that was not asked for, nor of a
// project that does not count, nor asks a tenant that is not the organization's.
func TestNoForeignRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		orgNames := []string{"acme", "globex", "initech"}
		namespaces := []string{"a", "b", "c", "d"}
		projects := []string{"chat", "search"}
		var organizations []*v1alpha1.Organization
		for _, name := range orgNames {
			o := organization(name, rapid.SliceOfNDistinct(rapid.SampledFrom(namespaces), 0, 3, rapid.ID[string]).Draw(rt, "namespaces of "+name)...)
			o.Spec.MimirTenant = rapid.SampledFrom([]string{"", "acme", "shared"}).Draw(rt, "tenant")
			o.CreationTimestamp.Time = o.CreationTimestamp.Add(rapid.SampledFrom([]time.Duration{0, 1, 2}).Draw(rt, "age of org") * time.Second)
			organizations = append(organizations, o)
		}
		var objects []*v1alpha1.Project
		for _, ns := range namespaces {
			for _, name := range projects {
				if !rapid.Bool().Draw(rt, "exists") {
					continue
				}
				p := project(rapid.SampledFrom(orgNames).Draw(rt, "organization of the project"), ns, name)
				p.CreationTimestamp.Time = p.CreationTimestamp.Add(rapid.SampledFrom([]time.Duration{0, 1, 2}).Draw(rt, "age") * time.Second)
				objects = append(objects, p)
			}
		}
		d := tenancy.NewDirectory(organizations, objects)
		m := &fakeMeter{rows: map[string][]meter.Estimate{}, fails: map[string]error{}}
		for _, tenant := range []string{"acme", "shared", "globex", "initech"} {
			for _, p := range append(projects, "nobody") {
				m.rows[tenant] = append(m.rows[tenant], estimate(p, "g", tenant+"-user", "gpt-4o-mini", 1, 1, 1))
			}
			if rapid.IntRange(0, 5).Draw(rt, "fails") == 0 {
				m.fails[tenant] = &meter.Error{Kind: meter.Failed, Tenant: tenant}
			}
		}
		s := storage(m, func(c *usage.Config) { c.Directory = directory{d} })
		namespace := rapid.SampledFrom(append(namespaces, "")).Draw(rt, "namespace")
		field := rapid.SampledFrom([]string{"", "by=project", "by=user", "by=model", "by=group+user", "top=3", "metadata.namespace=a", "model=gpt-4o-mini"}).Draw(rt, "field")
		label := rapid.SampledFrom([]string{"", "organization=acme", "organization!=acme"}).Draw(rt, "label")
		ctx, _ := contextOf(t, namespace)
		got, err := s.List(ctx, options(t, label, field))
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[string]bool{}
		for _, u := range got.(*metering.UsageList).Items {
			checkOwn(rt, d, &u, namespace)
			if seen[u.Namespace+"/"+u.Name] {
				rt.Fatalf("two rows %s/%s", u.Namespace, u.Name)
			}
			seen[u.Namespace+"/"+u.Name] = true
		}
		table(t, s, got)
		for _, q := range m.asked {
			if tenant, ok, _ := d.MimirTenant(q.Organization); !ok || tenant != q.Tenant {
				rt.Fatalf("asked %q for %q, whose tenant is %q, %v", q.Tenant, q.Organization, tenant, ok)
			}
		}
	})
}

func checkOwn(rt *rapid.T, d *tenancy.Directory, u *metering.Usage, namespace string) {
	if namespace != "" && u.Namespace != namespace {
		rt.Fatalf("a row of %s in a list of %s", u.Namespace, namespace)
	}
	owner, ok := d.OwnerOfNamespace(u.Namespace)
	if !ok || owner.Name() != u.Spec.Organization || u.Labels["organization"] != owner.Name() {
		rt.Fatalf("row %s/%s says it is of %s, the namespace is of %v", u.Namespace, u.Name, u.Spec.Organization, owner)
	}
	if u.Spec.Project != "" {
		p, ok := d.Project(u.Namespace, u.Spec.Project)
		if !ok || !p.Accepted || p.Organization.Name != u.Spec.Organization {
			rt.Fatalf("row %s/%s is of a project that does not count", u.Namespace, u.Name)
		}
	}
	tenant, _, _ := d.MimirTenant(u.Spec.Organization)
	if u.Spec.User != "" && u.Spec.User != tenant+"-user" {
		rt.Fatalf("row %s/%s of tenant %s shows %s", u.Namespace, u.Name, tenant, u.Spec.User)
	}
}
