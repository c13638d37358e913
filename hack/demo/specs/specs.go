package specs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/tenancy"
)

// Specs are what a cluster says, at one moment.
type Specs struct {
	Directory *tenancy.Directory
	tables    map[string]*price.Table
	models    map[string][]string
}

// New returns the specs of objects.
func New(organizations []*v1alpha1.Organization, projects []*v1alpha1.Project, tables []*v1alpha1.PriceTable) *Specs {
	s := &Specs{
		Directory: tenancy.NewDirectory(organizations, projects),
		tables:    map[string]*price.Table{}, models: map[string][]string{},
	}
	for _, t := range tables {
		s.tables[t.Name], _ = pricetable.Compile(t)
		for _, m := range t.Spec.Models {
			s.models[t.Name] = append(s.models[t.Name], m.Model)
		}
		slices.Sort(s.models[t.Name])
		s.models[t.Name] = slices.Compact(s.models[t.Name])
	}
	return s
}

// Prices returns the price table of an organization and the models in it.
func (s *Specs) Prices(o *v1alpha1.Organization) (*price.Table, []string) {
	name := cmp.Or(o.Spec.PriceTable, "default")
	return s.tables[name], s.models[name]
}

// Reader reads specs.
type Reader struct{ client client.Client }

// NewReader returns a reader of the cluster of a kubeconfig.
func NewReader(kubeconfig string) (*Reader, error) {
	cfg, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig %s: %w", kubeconfig, err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("adding the custom resources to a scheme: %w", err)
	}
	cfg.Timeout = 10 * time.Second
	c, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client of kube-apiserver: %w", err)
	}
	return &Reader{c}, nil
}

// Read lists everything.
func (r *Reader) Read(ctx context.Context) (*Specs, error) {
	var organizations v1alpha1.OrganizationList
	var projects v1alpha1.ProjectList
	var tables v1alpha1.PriceTableList
	for _, l := range []client.ObjectList{&organizations, &projects, &tables} {
		if err := r.client.List(ctx, l); err != nil {
			return nil, fmt.Errorf("listing %T: %w", l, err)
		}
	}
	return New(pointers(organizations.Items), pointers(projects.Items), pointers(tables.Items)), nil
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

// OpenLedger returns the ledger in a Redis, and what closes its connections. It
// connects when it is first used.
func OpenLedger(url string) (*ledger.Ledger, func() error, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, nil, fmt.Errorf("the ledger's address is no URL such as redis://127.0.0.1:6379")
	}
	o.ContextTimeoutEnabled = true
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = time.Second, 3*time.Second, 3*time.Second
	c := redis.NewClient(o)
	return ledger.New(c), c.Close, nil
}
