package tenancy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

func TestOwnerOfHost(t *testing.T) {
	tests := []struct {
		name          string
		domains       [][]string // of organizations o0, o1, ... from the oldest on
		want          map[string]string
		wantConflicts []string
	}{
		{
			name:    "a host is itself, a wildcard is what is below",
			domains: [][]string{{"acme.example"}, {"*.acme.example"}},
			want: map[string]string{
				"acme.example": "o0", "www.acme.example": "o1", "a.b.acme.example": "o1", "*.acme.example": "o1",
				"xacme.example": "", "example": "", "*.example": "", "": "",
			},
		},
		{
			name:    "case and a trailing dot make no difference",
			domains: [][]string{{"acme.example"}, {"ACME.example."}},
			want:    map[string]string{"Acme.Example": "o0", "acme.example.": "o0"},

			wantConflicts: []string{"o1 spec.domains[0]"},
		},
		{
			name:          "an older host is cut out of a younger wildcard",
			domains:       [][]string{{"api.acme.example"}, {"*.acme.example"}},
			want:          map[string]string{"api.acme.example": "o0", "www.acme.example": "o1", "*.acme.example": ""},
			wantConflicts: []string{"o1 spec.domains[0]"},
		},
		{
			name:          "an older wildcard covers a younger host",
			domains:       [][]string{{"*.acme.example"}, {"api.acme.example", "acme.example"}},
			want:          map[string]string{"api.acme.example": "o0", "acme.example": "o1", "*.api.acme.example": "o0"},
			wantConflicts: []string{"o1 spec.domains[0]"},
		},
		{
			name:          "wildcards within wildcards",
			domains:       [][]string{{"*.eu.acme.example"}, {"*.acme.example"}, {"*.berlin.eu.acme.example"}},
			want:          map[string]string{"x.eu.acme.example": "o0", "eu.acme.example": "o1", "x.berlin.eu.acme.example": "o0", "*.acme.example": "", "*.us.acme.example": "o1"},
			wantConflicts: []string{"o1 spec.domains[0]", "o2 spec.domains[0]"},
		},
		{
			name:    "one organization's own domains do not conflict",
			domains: [][]string{{"acme.example", "*.acme.example", "api.acme.example"}},
			want:    map[string]string{"api.acme.example": "o0", "*.acme.example": "o0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tenancy.NewDirectory(withDomains(tt.domains), nil)
			for host, want := range tt.want {
				if got := hostOwner(d, host); got != want {
					t.Errorf("host %s belongs to %q, want %q", host, got, want)
				}
			}
			var got []string
			for _, o := range d.Organizations() {
				for _, c := range o.Conflicts {
					got = append(got, o.Name()+" "+c.Field)
				}
			}
			if diff := cmp.Diff(tt.wantConflicts, got); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
		})
	}
}

func withDomains(domains [][]string) []*v1alpha1.Organization {
	var orgs []*v1alpha1.Organization
	for i, list := range domains {
		orgs = append(orgs, organization(i+1, "o"+string(rune('0'+i)), func(s *v1alpha1.OrganizationSpec) { s.Domains = list }))
	}
	return orgs
}

func hostOwner(d *tenancy.Directory, host string) string {
	if o, ok := d.OwnerOfHost(host); ok {
		return o.Name()
	}
	return ""
}

// Every host that anybody could ask for in a small world is owned by the oldest
// organization that covers it, and organizations that share a host conflict.
func TestOwnerOfHostAgainstAllHosts(t *testing.T) {
	world := []string{"a", "b", "a.a", "b.a", "a.b", "b.b", "a.a.a", "b.a.a", "a.b.a", "b.b.b"}
	domain := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "*."}).Draw(t, "wild") + rapid.SampledFrom(world).Draw(t, "base")
	})
	covers := func(domain, host string) bool {
		if base, wild := strings.CutPrefix(domain, "*"); wild {
			return strings.HasSuffix(host, base)
		}
		return host == domain
	}
	// Every base in the world, and a host below each, stand for all hosts.
	hosts := append([]string(nil), world...)
	for _, h := range world {
		hosts = append(hosts, "z."+h, "z.z."+h)
	}
	rapid.Check(t, func(t *rapid.T) {
		domains := rapid.SliceOfN(rapid.SliceOfNDistinct(domain, 0, 3, rapid.ID[string]), 1, 4).Draw(t, "domains")
		d := tenancy.NewDirectory(withDomains(domains), nil)
		oldest := func(host string) int {
			for i, list := range domains {
				for _, dom := range list {
					if covers(dom, host) {
						return i
					}
				}
			}
			return -1
		}
		conflict := map[int]bool{}
		for _, h := range hosts {
			first, want := oldest(h), ""
			if first >= 0 {
				want = "o" + string(rune('0'+first))
			}
			if got := hostOwner(d, h); got != want {
				t.Fatalf("host %s belongs to %q, want %q", h, got, want)
			}
			for i, list := range domains {
				for _, dom := range list {
					conflict[i] = conflict[i] || covers(dom, h) && first < i
				}
			}
		}
		for i := range domains {
			o, _ := d.Organization("o" + string(rune('0'+i)))
			if got := len(o.Conflicts) > 0; got != conflict[i] {
				t.Fatalf("organization o%d in conflict: %v, want %v (%v)", i, got, conflict[i], o.Conflicts)
			}
		}
		// Whoever owns a wildcard host owns every host below it.
		for _, base := range world {
			owner := hostOwner(d, "*."+base)
			for _, h := range hosts {
				if owner != "" && covers("*."+base, h) && hostOwner(d, h) != owner {
					t.Fatalf("*.%s belongs to %s, and %s below it to %q", base, owner, h, hostOwner(d, h))
				}
			}
		}
	})
}
