package inventory

import (
	"context"

	"github.com/open-policy-agent/opa/v1/storage"

	"tollgate.dev/tollgate/tenancy"
)

// Inventory is what policies know about the cluster at one moment. It is a
// read-only storage.Store for OPA and never changes, so that any number of
// reviews read it at once without a lock; its transactions are nothing.
type Inventory struct {
	storage.WritesNotSupported

	root       *folder
	directory  *tenancy.Directory
	namespaces *frozen[*namespaceFacts]
}

var _ interface {
	storage.Store
	storage.NonEmptyer
} = (*Inventory)(nil)

// Directory returns who owns what. It must not be changed.
func (i *Inventory) Directory() *tenancy.Directory { return i.directory }

// Namespace returns what is known of a namespace. known is false when no such
// namespace was put. The maps must not be changed.
func (i *Inventory) Namespace(name string) (labels, annotations map[string]string, terminating, known bool) {
	ns, ok := i.namespaces.get(name)
	if !ok {
		return nil, nil, false, false
	}
	return ns.labels, ns.annotations, ns.terminating, true
}

// Read returns the ast.Value below a path: [tollgate route acme/web]. A path
// that leads nowhere gives a storage not-found error, which OPA takes for
// undefined.
func (i *Inventory) Read(_ context.Context, _ storage.Transaction, path storage.Path) (any, error) {
	if v, ok := i.root.find(path); ok {
		return v, nil
	}
	return nil, &storage.Error{Code: storage.NotFoundErr, Message: path.String() + ": document does not exist"}
}

// Stamp returns what the value at a path is rendered from, to be compared with
// == and used for nothing else: as long as two inventories have the same stamp
// at a path, they have the same value there. Who remembers what was read
// remembers it so, because values are rendered anew for each who reads them. False
// where nothing is or where the value itself is kept.
func (i *Inventory) Stamp(path storage.Path) (any, bool) {
	var d document = i.root
	for at, step := range path {
		switch of := d.(type) {
		case *folder:
			d = of.children[step]
		case stamped:
			return of.stamp(path[at:])
		default:
			return nil, false
		}
	}
	return nil, false
}

// NonEmpty tells OPA's compiler which packages would hide documents of this
// store. It answers without putting documents together.
func (i *Inventory) NonEmpty(context.Context, storage.Transaction) func([]string) (bool, error) {
	return func(path []string) (bool, error) {
		if len(path) == 0 {
			return true, nil
		}
		top, ok := i.root.children[path[0]]
		if !ok {
			return false, nil
		}
		if len(path) == 1 {
			return true, nil
		}
		f, ok := top.(*folder)
		if !ok {
			return true, nil
		}
		_, taken := f.children[path[1]]
		return taken, nil
	}
}

// transaction has no state: the store never changes.
type transaction struct{}

func (transaction) ID() uint64 { return 0 }

// NewTransaction returns a transaction that is nothing; one for writing is
// refused.
func (i *Inventory) NewTransaction(_ context.Context, params ...storage.TransactionParams) (storage.Transaction, error) {
	for _, p := range params {
		if p.Write {
			return nil, readOnly()
		}
	}
	return transaction{}, nil
}

// Commit does nothing.
func (i *Inventory) Commit(context.Context, storage.Transaction) error { return nil }

// Abort does nothing.
func (i *Inventory) Abort(context.Context, storage.Transaction) {}

// Truncate is refused.
func (i *Inventory) Truncate(context.Context, storage.Transaction, storage.TransactionParams, storage.Iterator) error {
	return readOnly()
}

// Register accepts a trigger that never fires: the store never changes.
func (i *Inventory) Register(context.Context, storage.Transaction, storage.TriggerConfig) (storage.TriggerHandle, error) {
	return noTrigger{}, nil
}

type noTrigger struct{}

func (noTrigger) Unregister(context.Context, storage.Transaction) {}

// ListPolicies returns none: policies are not kept in the inventory.
func (i *Inventory) ListPolicies(context.Context, storage.Transaction) ([]string, error) {
	return nil, nil
}

// GetPolicy finds none.
func (i *Inventory) GetPolicy(_ context.Context, _ storage.Transaction, id string) ([]byte, error) {
	return nil, &storage.Error{Code: storage.NotFoundErr, Message: "policy " + id + " does not exist: the inventory holds no policies"}
}

// UpsertPolicy is refused.
func (i *Inventory) UpsertPolicy(context.Context, storage.Transaction, string, []byte) error {
	return readOnly()
}

// DeletePolicy is refused.
func (i *Inventory) DeletePolicy(context.Context, storage.Transaction, string) error {
	return readOnly()
}

func readOnly() error {
	return &storage.Error{Code: storage.WritesNotSupportedErr, Message: "an inventory is an immutable snapshot: build another one"}
}
