package inventory

import (
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/settings"
)

// Builder is told of objects and makes Inventories of them. Its methods may be
// called from many goroutines; of two calls about one object the later counts,
// so that one object's must come in order, as informers send them.
type Builder struct {
	settings *settings.Settings
	words    words
	kinds    map[schema.GroupKind]parser

	mu         sync.Mutex
	changed    bool
	last       *Inventory
	fixed      document // settings
	tenants    *tenants
	prices     *prices
	namespaces *namespaces
	classes    *classes
	gateways   *gateways
	routes     *routes
	grants     *grants
	plugins    *plugins
	bridges    *bridges
	secrets    *secrets
	whole      *wholeObjects
}

// NewBuilder returns a builder without objects. The settings must not change
// afterwards.
func NewBuilder(s *settings.Settings) *Builder {
	w := newWords()
	b := &Builder{
		settings:   s,
		words:      w,
		kinds:      parsers(s),
		changed:    true,
		fixed:      settingsDocument(s),
		tenants:    newTenants(w),
		prices:     newPrices(w),
		namespaces: newNamespaces(w),
		classes:    newClasses(w, s),
		grants:     newGrants(w),
		plugins:    newPlugins(w, s.Gateway.Namespace),
		bridges:    newBridges(w),
		secrets:    newSecrets(w),
		whole:      newWholeObjects(),
	}
	b.gateways = newGateways(w, b.classes, b.secrets)
	b.routes = newRoutes(w, s, b.classes, b.gateways, b.secrets)
	return b
}

// Put takes in an object that exists: new, changed or the same again. The
// object is not kept and may be of any kind; a kind that nobody asks about is
// dropped. What cannot be read in an object is left out of its entries and
// harms no other object.
func (b *Builder) Put(obj *unstructured.Unstructured) {
	if obj == nil || obj.Object == nil {
		return
	}
	gvk := obj.GroupVersionKind()
	k, ok := newObjectKey(gvk.Group, gvk.Kind, obj.GetNamespace(), obj.GetName())
	if !ok {
		return
	}
	parse := b.kinds[gvk.GroupKind()]
	b.mu.Lock()
	keep := b.whole.wants(gvk)
	b.mu.Unlock()

	var facts any
	if parse != nil {
		facts = parse(obj)
	}
	var object ast.Value
	if keep {
		object = newWholeObject(obj)
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	if facts != nil {
		b.put(k, facts)
		b.changed = true
	}
	if keep {
		b.changed = b.whole.put(k, gvk, object) || b.changed
	}
}

// Delete forgets an object. An object that was never put makes no difference.
func (b *Builder) Delete(gvk schema.GroupVersionKind, namespace, name string) {
	k, ok := newObjectKey(gvk.Group, gvk.Kind, namespace, name)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kinds[gvk.GroupKind()] != nil {
		b.remove(k)
		b.changed = true
	}
	b.changed = b.whole.remove(k) || b.changed
}

// Whole says which kinds' objects stand in data.inventory from now on. Objects
// of other kinds leave it at once; those of a kind that was not asked for
// before appear when they are put again.
func (b *Builder) Whole(kinds []v1alpha1.InventoryKind) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed = b.whole.ask(kinds) || b.changed
}

// Build returns what is known now. It costs about as much as what changed since
// the last call; when nothing did, it returns the same Inventory again.
func (b *Builder) Build() *Inventory {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.changed {
		return b.last
	}
	directory := b.tenants.directory()
	b.gateways.settle()
	b.routes.settle(directory)

	tollgate := newFolder(map[string]document{
		"settings":          b.fixed,
		"namespace_owner":   b.tenants.documents.namespaceOwner,
		"host_owner":        b.tenants.documents.hostOwner,
		"organization":      b.tenants.documents.organization,
		"project":           b.tenants.documents.project,
		"project_in":        b.tenants.documents.projectIn,
		"model_users":       b.tenants.documents.modelUsers,
		"namespace_claims":  b.tenants.documents.namespaceClaims,
		"domain_claims":     b.tenants.documents.domainClaims,
		"tenant_claims":     b.tenants.documents.tenantClaims,
		"user_in":           b.tenants.documents.userIn,
		"group_in":          b.tenants.documents.groupIn,
		"priced":            b.prices.freeze().priced,
		"price_table":       b.prices.freeze().tables,
		"namespace":         b.namespaces.freeze(),
		"ingress_class":     b.classes.freeze(),
		"gateway_class":     b.classes.gatewayClasses(),
		"classless_ingress": fixed{ast.Boolean(b.classes.higressIngress(nil))},
		"gateway":           b.gateways.freeze(),
		"host_route":        b.routes.hosts.freeze(),
		"route":             b.routes.names.freeze(),
		"attached_route":    b.routes.attached.freeze(),
		"guarded":           b.plugins.freeze().guarded,
		"wasm_plugin":       b.plugins.freeze().plugin,
		"tenant_rule":       b.plugins.freeze().tenantRule,
		"granted":           b.grants.freeze(),
		"secret_user":       b.secrets.freeze(),
		"mcp_service":       b.bridges.freeze(),
	})
	b.last = &Inventory{
		root:       newFolder(map[string]document{"tollgate": tollgate, "inventory": b.whole.freeze()}),
		directory:  directory,
		namespaces: b.namespaces.facts.freeze(),
	}
	b.changed = false
	return b.last
}

// put hands what was read of an object to whoever asks about its kind.
func (b *Builder) put(k objectKey, facts any) {
	switch f := facts.(type) {
	case *v1alpha1.Organization:
		b.tenants.putOrganization(k, f)
	case *v1alpha1.Project:
		b.tenants.putProject(k, f)
	case *v1alpha1.PriceTable:
		b.prices.put(k, f)
	case *namespaceFacts:
		b.namespaces.put(k, f)
	case classFacts:
		b.classes.put(k, f)
	case *gatewayFacts:
		b.gateways.put(k, f)
	case *routeFacts:
		b.routes.put(k, f)
	case *grantFacts:
		b.grants.put(k, f)
	case *pluginFacts:
		b.plugins.put(k, f)
		b.secrets.put(k, f.secrets)
	case *bridgeFacts:
		b.bridges.put(k, f)
		b.secrets.put(k, f.secrets)
	}
}

func (b *Builder) remove(k objectKey) {
	b.tenants.remove(k)
	b.prices.remove(k)
	b.namespaces.remove(k)
	b.classes.remove(k)
	b.gateways.remove(k)
	b.routes.remove(k)
	b.grants.remove(k)
	b.plugins.remove(k)
	b.bridges.remove(k)
	b.secrets.remove(k)
}
