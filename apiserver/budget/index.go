package budget

import (
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

const kind = "Budget"

// project is a Project whose rows are served.
type project struct {
	view  *tenancy.ProjectView
	owner *balance.Owner
}

// index is the rows of one snapshot of the directory, in the order of lists.
type index struct {
	directory *tenancy.Directory
	maker     *balance.Rows
	rows      []balance.Row
	projects  []*project // by namespace, then name
	accepted  map[string]map[string]*project
	listed    map[ledger.Path]bool
}

func newIndex(d *tenancy.Directory, maker *balance.Rows) *index {
	x := &index{directory: d, maker: maker, accepted: map[string]map[string]*project{}, listed: map[ledger.Path]bool{}}
	views := d.Projects("")
	n := 0
	for _, v := range views {
		n += len(v.Rows)
	}
	x.rows = make([]balance.Row, 0, n)
	for _, v := range views {
		p := newProject(v)
		x.projects = append(x.projects, p)
		if v.Accepted {
			x.accept(p)
		}
		for _, node := range v.Rows {
			x.rows = append(x.rows, maker.Row(p.owner, node, p.userBudget(node)))
			if path := x.rows[len(x.rows)-1].Path; path != "" {
				x.listed[path] = true
			}
		}
	}
	// Projects of one namespace interleave: chat, chat-two, chat.engineers.
	slices.SortFunc(x.rows, func(a, b balance.Row) int { return keyOf(&a).Compare(keyOf(&b)) })
	return x
}

func newProject(v *tenancy.ProjectView) *project {
	o := balance.Owner{Kind: kind, Meta: &v.Project.ObjectMeta, Accepted: v.Accepted, Reason: v.Reason, Message: v.Message}
	if v.Accepted {
		o.Organization = balance.Organization{Name: v.Organization.Name, Ledger: v.Organization.Spec.Ledger.Name}
	}
	return &project{view: v, owner: balance.NewOwner(o)}
}

// userBudget is that of a group's node; nil of any other.
func (p *project) userBudget(n tenancy.Node) *v1alpha1.Budget {
	if n.Level != tenancy.LevelGroup {
		return nil
	}
	if g, ok := p.view.Group(n.Group); ok {
		return g.UserBudget
	}
	return nil
}

func (x *index) accept(p *project) {
	org := p.owner.Organization.Name
	if x.accepted[org] == nil {
		x.accepted[org] = map[string]*project{}
	}
	x.accepted[org][p.view.Project.Name] = p
}

func keyOf(r *balance.Row) page.Key {
	return page.Key{Namespace: r.Meta.Namespace, Name: r.Meta.Name}
}

// inNamespace returns the rows of a namespace, or all for "".
func (x *index) inNamespace(namespace string) []balance.Row {
	if namespace == "" {
		return x.rows
	}
	from := sort.Search(len(x.rows), func(i int) bool { return x.rows[i].Meta.Namespace >= namespace })
	to := from + sort.Search(len(x.rows)-from, func(i int) bool { return x.rows[from+i].Meta.Namespace > namespace })
	return x.rows[from:to:to]
}

// projectsIn returns the accepted projects of a namespace, or all for "".
func (x *index) projectsIn(namespace string) []*project {
	var in []*project
	for _, p := range x.projects {
		if p.owner.Accepted && (namespace == "" || p.view.Project.Namespace == namespace) {
			in = append(in, p)
		}
	}
	return in
}

// row returns one row by its key.
func (x *index) row(key page.Key) (*balance.Row, bool) {
	i := sort.Search(len(x.rows), func(i int) bool { return keyOf(&x.rows[i]).Compare(key) >= 0 })
	if i == len(x.rows) || keyOf(&x.rows[i]) != key {
		return nil, false
	}
	return &x.rows[i], true
}

// Directory is the source of rows.
type Directory interface {
	// Snapshot returns who owns what now; it is the same pointer while nothing
	// has changed.
	Snapshot() *tenancy.Directory
}

// cache keeps the index of the newest snapshot.
type cache struct {
	directory Directory
	maker     *balance.Rows
	building  sync.Mutex
	current   atomic.Pointer[index]
}

// get returns the index of the directory as it is now.
func (c *cache) get() *index {
	d := c.directory.Snapshot()
	if x := c.current.Load(); x != nil && x.directory == d {
		return x
	}
	c.building.Lock()
	defer c.building.Unlock()
	if x := c.current.Load(); x != nil && x.directory == d {
		return x
	}
	x := newIndex(d, c.maker)
	c.current.Store(x)
	return x
}
