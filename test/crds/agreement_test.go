package crds

import (
	"fmt"
	"testing"
	_ "time/tzdata"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// The definitions' CEL and the Go code that reads the objects are written
// twice. What one takes, the other must.

func (v *validator) takes(t *rapid.T, object string) bool {
	return len(v.judge(t.Context(), parse(t, object), nil)) == 0
}

func TestLimitsAgree(t *testing.T) {
	v, c := newValidator(t, "projects"), terms.NewCompiler()
	limits := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,8}(\.[0-9]{1,9})?`),
		rapid.StringMatching(`(8999999|9000000|9000001)(\.(0{0,9}|0{8}[01]|9{1,9}))?`),
		rapid.StringMatching(`[-+$ .0-9eE,_]{0,6}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		limit := limits.Draw(t, "limit")
		_, err := c.Compile(&v1alpha1.Budget{Limit: v1alpha1.Limit(limit)})
		if got := v.takes(t, budget(fmt.Sprintf("limit: %q", limit))); got != (err == nil) {
			t.Fatalf("the limit %q is taken: %v; compiling it says %v", limit, got, err)
		}
	})
}

func TestLabelsAgree(t *testing.T) {
	v := newValidator(t, "projects")
	labels := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9.-]{1,5}`),
		rapid.StringMatching(`[a-z0-9-]{60,66}`),
		rapid.StringMatching(`[a-z-]{0,2}(metric|consumer|model|upstream)s?`),
	)
	rapid.Check(t, func(t *rapid.T) {
		label := labels.Draw(t, "label")
		want := tenancy.ValidLabel(label)
		if got := v.takes(t, named(label)); got != want {
			t.Fatalf("a project called %q is taken: %v, want %v", label, got, want)
		}
		if got := v.takes(t, project(fmt.Sprintf("groups: [{name: %q}]", label))); got != want {
			t.Fatalf("a group called %q is taken: %v, want %v", label, got, want)
		}
	})
}

// Two users whom the definition takes side by side never share a label, and one
// that it refuses for its case is indeed the same.
func TestUsersAgree(t *testing.T) {
	v := newValidator(t, "projects")
	names := rapid.StringMatching(`[aAbB@.-]{1,3}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		want := tenancy.UserLabel(a) != tenancy.UserLabel(b)
		if got := v.takes(t, users(a, b)); got != want {
			t.Fatalf("users %q and %q are taken: %v, want %v", a, b, got, want)
		}
	})
}

func TestTenantsAgree(t *testing.T) {
	v := newValidator(t, "organizations")
	tenants := rapid.OneOf(
		rapid.StringMatching(`[-a-zA-Z0-9!_.*'()|/ ]{1,4}`),
		rapid.StringMatching(`[.]{1,3}|__mimir_cluster|[a-z]{149,151}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		tenant := tenants.Draw(t, "tenant")
		d := tenancy.NewDirectory([]*v1alpha1.Organization{{
			ObjectMeta: metav1.ObjectMeta{Name: "acme"},
			Spec:       v1alpha1.OrganizationSpec{MimirTenant: tenant},
		}}, nil)
		_, want, reason := d.MimirTenant("acme")
		if got := v.takes(t, organization(fmt.Sprintf("mimirTenant: %q", tenant))); got != want {
			t.Fatalf("the tenant %q is taken: %v; the directory says %v %s", tenant, got, want, reason)
		}
	})
}

// The definition takes every time zone that compiles.
func TestZonesAgree(t *testing.T) {
	v, c := newValidator(t, "projects"), terms.NewCompiler()
	for _, zone := range []string{
		"UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia", "America/North_Dakota/New_Salem", "America/Port-au-Prince",
		"Etc/GMT+12", "Etc/GMT-14", "Etc/GMT0", "EST5EDT", "GB-Eire", "NZ-CHAT", "W-SU", "PRC",
	} {
		if _, err := c.Compile(&v1alpha1.Budget{Limit: "1", TimeZone: zone}); err != nil {
			t.Error(err)
		}
		if errs := v.judge(t.Context(), parse(t, budget(fmt.Sprintf(`limit: "1", timeZone: %q`, zone))), nil); len(errs) > 0 {
			t.Error(errs.ToAggregate())
		}
	}
}
