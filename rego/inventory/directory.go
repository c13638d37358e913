package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/tenancy"
)

// tenantDocuments are the documents that a directory answers, computed when
// they are read.
type tenantDocuments struct {
	words     words
	directory *tenancy.Directory

	namespaceOwner, hostOwner, organization, project, projectIn, modelUsers document

	namespaceClaims, domainClaims, tenantClaims, userIn, groupIn document
}

func newTenantDocuments(w words, d *tenancy.Directory) *tenantDocuments {
	t := &tenantDocuments{words: w, directory: d}
	t.namespaceOwner = t.newNamespaceOwner()
	t.hostOwner = t.newHostOwner()
	t.organization = t.newOrganization()
	t.project = t.newProject()
	t.projectIn = t.newProjectIn()
	t.modelUsers = t.newModelUsers()
	t.namespaceClaims = t.newClaims(claimsNamespace)
	t.domainClaims = t.newClaims(claimsDomain)
	t.tenantClaims = t.newClaims(claimsTenant)
	t.userIn, t.groupIn = t.newPeople()
	return t
}

// namespaceOwner is data.tollgate.namespace_owner: namespace to organization.
func (t *tenantDocuments) newNamespaceOwner() document {
	d := t.directory
	return computed{
		of: func(namespace string) (ast.Value, bool) {
			o, ok := d.OwnerOfNamespace(namespace)
			return t.ownerName(o, ok)
		},
		all: func() ast.Value {
			var pairs [][2]*ast.Term
			for _, o := range d.Organizations() {
				for _, ns := range owned(d, o) {
					pairs = append(pairs, [2]*ast.Term{t.words.text(ns), t.words.text(o.Name())})
				}
			}
			return ast.NewObject(pairs...)
		},
	}
}

// hostOwner is data.tollgate.host_owner: normal host, which may be a wildcard,
// to organization. It has no end and cannot be iterated.
func (t *tenantDocuments) newHostOwner() document {
	d := t.directory
	return computed{of: func(host string) (ast.Value, bool) {
		o, ok := d.OwnerOfHost(host)
		return t.ownerName(o, ok)
	}}
}

func (t *tenantDocuments) ownerName(o *tenancy.OrganizationView, ok bool) (ast.Value, bool) {
	if !ok {
		return nil, false
	}
	return ast.String(o.Name()), true
}

// owned are the namespaces that an organization lists and really owns.
func owned(d *tenancy.Directory, o *tenancy.OrganizationView) []string {
	var out []string
	for _, ns := range o.Organization.Spec.Namespaces {
		if owner, ok := d.OwnerOfNamespace(ns); ok && owner == o && !slices.Contains(out, ns) {
			out = append(out, ns)
		}
	}
	return out
}

// organization is data.tollgate.organization[name].
func (t *tenantDocuments) newOrganization() document {
	d := t.directory
	of := func(name string) (ast.Value, bool) {
		o, ok := d.Organization(name)
		if !ok {
			return nil, false
		}
		conflicts := make([]*ast.Term, len(o.Conflicts))
		for i, p := range o.Conflicts {
			conflicts[i] = ast.NewTerm(t.words.object(
				field{"field", ast.StringTerm(p.Field)}, field{"message", ast.StringTerm(p.Message)}))
		}
		limit, nano := budget(o.Organization.Spec.Budget)
		return t.words.object(
			field{"name", t.words.text(name)},
			field{"namespaces", t.words.set(owned(d, o))},
			field{"domains", t.words.list(o.Organization.Spec.Domains)},
			field{"pluginRegistries", t.words.list(o.Organization.Spec.PluginRegistries)},
			field{"budget", limit},
			field{"budgetNano", nano},
			field{"budgetPeriod", period(o.Organization.Spec.Budget)},
			field{"priceTable", t.words.text(cmp.Or(o.Organization.Spec.PriceTable, "default"))},
			field{"conflicts", ast.ArrayTerm(conflicts...)},
		), true
	}
	return memo(of, func() []string {
		var names []string
		for _, o := range d.Organizations() {
			names = append(names, o.Name())
		}
		return names
	})
}

// budget is a limit as it is written and in nano-USD, as texts; null for none
// and for what is no amount.
func budget(b *v1alpha1.Budget) (limit, nano *ast.Term) {
	if b == nil {
		return ast.NullTerm(), ast.NullTerm()
	}
	amount, err := money.Parse(string(b.Limit))
	if err != nil {
		return ast.NullTerm(), ast.NullTerm()
	}
	return ast.StringTerm(string(b.Limit)), ast.StringTerm(nanoText(amount))
}

// period is a budget's period, null for no budget.
func period(b *v1alpha1.Budget) *ast.Term {
	if b == nil {
		return ast.NullTerm()
	}
	return ast.StringTerm(string(cmp.Or(b.Period, v1alpha1.Monthly)))
}

// project is data.tollgate.project[organization][name]: the projects that count.
func (t *tenantDocuments) newProject() document {
	d := t.directory
	return memo(func(organization string) (ast.Value, bool) {
		views := d.ProjectsOf(organization)
		if len(views) == 0 {
			return nil, false
		}
		return t.projectsByName(views), true
	}, func() []string {
		var names []string
		for _, o := range d.Organizations() {
			names = append(names, o.Name())
		}
		return names
	})
}

// projectIn is data.tollgate.project_in[namespace][name]: all projects.
func (t *tenantDocuments) newProjectIn() document {
	d := t.directory
	return memo(func(namespace string) (ast.Value, bool) {
		if namespace == "" {
			return nil, false
		}
		views := d.Projects(namespace)
		if len(views) == 0 {
			return nil, false
		}
		return t.projectsByName(views), true
	}, func() []string {
		var names []string
		for _, p := range d.Projects("") {
			names = append(names, p.Project.Namespace)
		}
		return slices.Compact(names)
	})
}

func (t *tenantDocuments) projectsByName(views []*tenancy.ProjectView) ast.Value {
	pairs := make([][2]*ast.Term, 0, len(views))
	for _, v := range views {
		limit, nano := budget(v.Project.Spec.Budget)
		pairs = append(pairs, [2]*ast.Term{t.words.text(v.Project.Name), ast.NewTerm(t.words.object(
			field{"namespace", t.words.text(v.Project.Namespace)},
			field{"organization", t.words.text(v.Project.Spec.Organization)},
			field{"accepted", flag(v.Accepted)},
			field{"uid", ast.StringTerm(string(v.Project.UID))},
			field{"budget", limit},
			field{"budgetNano", nano},
		))})
	}
	return ast.NewObject(pairs...)
}

// modelUsers is data.tollgate.model_users[model]: the projects that count and
// allow the model, by its name or by a pattern, as "namespace/name". A look-up
// of a model also finds patterns (gpt-*); as a whole the document has the names
// and patterns as the projects write them.
func (t *tenantDocuments) newModelUsers() document {
	users := modelIndex(t.directory)
	list := func(found []string) ast.Value {
		slices.Sort(found)
		return t.words.list(slices.Compact(found)).Value
	}
	return computed{
		of: func(model string) (ast.Value, bool) {
			var found []string
			for written, projects := range users() {
				prefix, pattern := strings.CutSuffix(written, "*")
				if written == model || pattern && strings.HasPrefix(model, prefix) {
					found = append(found, projects...)
				}
			}
			return list(found), len(found) > 0
		},
		all: func() ast.Value {
			var pairs [][2]*ast.Term
			for written, projects := range users() {
				pairs = append(pairs, [2]*ast.Term{ast.StringTerm(written), ast.NewTerm(list(slices.Clone(projects)))})
			}
			return ast.NewObject(pairs...)
		},
	}
}
