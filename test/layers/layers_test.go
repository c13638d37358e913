package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "tollgate.dev/tollgate/"

// rule says what the packages below a folder may import. own lists folders of
// this module; foreign lists prefixes of other modules' packages, and nil means
// that any may be imported. avoid lists what a package may not import itself,
// never what it may not reach through others either.
type rule struct {
	folder  string
	own     []string
	foreign []string
	avoid   []string
	never   []string
}

// rules is the table of the architecture (docs/architecture.md, "Layers"). The
// longest matching folder counts.
func rules() []rule {
	kubernetesClients := []string{"k8s.io/client-go", "k8s.io/apiserver", "sigs.k8s.io/controller-runtime"}
	return []rule{
		{folder: "apis", own: []string{"apis"}, foreign: []string{"k8s.io/apimachinery"}},
		{folder: "tenancy", own: []string{"tenancy", "apis"}, foreign: []string{"k8s.io/apimachinery"}},
		{folder: "metering", own: []string{"metering", "apis"}, never: kubernetesClients},
		{folder: "metering/money", own: []string{}, foreign: []string{}},
		{folder: "metering/price", own: []string{"metering/money"}, foreign: []string{}},
		{folder: "metering/window", own: []string{}, foreign: []string{}},
		{folder: "metering/ledger", own: []string{"metering/money", "metering/ledger"}, foreign: []string{"github.com/redis/go-redis/v9"}},
		{folder: "apiserver", own: []string{"apiserver", "apis", "tenancy", "metering"}, avoid: []string{"github.com/redis/go-redis/v9"}, never: []string{"sigs.k8s.io/controller-runtime"}},
		{folder: "rego", own: []string{"rego", "apis", "tenancy", "metering/money", "metering/price", "metering/pricetable"}, never: kubernetesClients},
		// It defaults and prunes parameters by the template's schema, with kube-apiserver's own code.
		{folder: "rego/gatekeeper", own: []string{"rego", "apis"}, avoid: kubernetesClients},
		{folder: "webhook", own: []string{"webhook", "rego", "apis"}},
		{folder: "controller", own: []string{"controller", "apis", "tenancy", "metering"}, avoid: []string{"github.com/redis/go-redis/v9", "k8s.io/apiserver"}},
		{folder: "plugins", own: []string{"plugins", "metering/money", "metering/price"}, never: append([]string{"k8s.io", "sigs.k8s.io"}, kubernetesClients...)},
	}
}

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Standard,Imports,Deps", "-deps", module+"...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading go list's answer: %v", err)
		}
		all = append(all, p)
	}
}

func within(pkg, prefix string) bool { return pkg == prefix || strings.HasPrefix(pkg, prefix+"/") }

func ruleFor(folder string, all []rule) (rule, bool) {
	best, found := rule{}, false
	for _, r := range all {
		if within(folder, r.folder) && len(r.folder) >= len(best.folder) {
			best, found = r, true
		}
	}
	return best, found
}

// breaks returns what is wrong with a package's imports, sorted.
func breaks(p listed, standard map[string]bool, all []rule) []string {
	folder, ours := strings.CutPrefix(p.ImportPath, module)
	if !ours {
		return nil
	}
	r, ok := ruleFor(folder, all)
	if !ok {
		return nil
	}
	anyOf := func(pkg string, prefixes []string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return within(pkg, prefix) })
	}
	var wrong []string
	for _, imp := range p.Imports {
		own, isOwn := strings.CutPrefix(imp, module)
		switch {
		case standard[imp]:
		case isOwn && !within(own, r.folder) && !anyOf(own, r.own):
			wrong = append(wrong, fmt.Sprintf("%s imports %s", folder, own))
		case !isOwn && (r.foreign != nil && !anyOf(imp, r.foreign) || anyOf(imp, r.avoid)):
			wrong = append(wrong, fmt.Sprintf("%s imports %s", folder, imp))
		}
	}
	for _, dep := range p.Deps {
		if anyOf(dep, r.never) {
			wrong = append(wrong, fmt.Sprintf("%s depends on %s", folder, dep))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestImportsPointOneWay(t *testing.T) {
	packages := list(t)
	standard := map[string]bool{"C": true}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	judged := 0
	for _, p := range packages {
		if folder, ours := strings.CutPrefix(p.ImportPath, module); ours {
			if _, ok := ruleFor(folder, rules()); ok {
				judged++
			}
		}
		for _, wrong := range breaks(p, standard, rules()) {
			t.Errorf("%s: the layers in docs/architecture.md do not allow it", wrong)
		}
	}
	if judged < 8 {
		t.Fatalf("only %d packages were judged: the rules no longer match the tree", judged)
	}
}

func TestBreaks(t *testing.T) {
	standard := map[string]bool{"fmt": true}
	for _, tc := range []struct {
		name string
		pkg  listed
		want []string
	}{
		{name: "metering may use its own money", pkg: listed{ImportPath: module + "metering/ledger", Imports: []string{"fmt", module + "metering/money"}}},
		{
			name: "the ledger knows no tenancy",
			pkg:  listed{ImportPath: module + "metering/ledger", Imports: []string{module + "tenancy"}},
			want: []string{"metering/ledger imports tenancy"},
		},
		{
			name: "money has the standard library only",
			pkg:  listed{ImportPath: module + "metering/money", Imports: []string{"github.com/redis/go-redis/v9"}},
			want: []string{"metering/money imports github.com/redis/go-redis/v9"},
		},
		{
			name: "metering reaches no Kubernetes client through others",
			pkg:  listed{ImportPath: module + "metering/usage", Deps: []string{"k8s.io/client-go/rest"}},
			want: []string{"metering/usage depends on k8s.io/client-go/rest"},
		},
		{
			name: "the apiserver asks for amounts through an interface",
			pkg:  listed{ImportPath: module + "apiserver/budget", Imports: []string{"github.com/redis/go-redis/v9"}},
			want: []string{"apiserver/budget imports github.com/redis/go-redis/v9"},
		},
		{name: "a prefix is not a folder", pkg: listed{ImportPath: module + "apis2", Imports: []string{module + "cmd/tollgate"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, breaks(tc.pkg, standard, rules())); diff != "" {
				t.Errorf("breaks (-want +got):\n%s", diff)
			}
		})
	}
}
