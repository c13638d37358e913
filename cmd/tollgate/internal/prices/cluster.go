package prices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// fieldManager owns the prices that an import has written, as opposed to those
// that people or GitOps have.
const fieldManager = "tollgate-prices"

// clusterFlags say which PriceTable of which cluster.
type clusterFlags struct {
	kubeconfig, context, name string
}

func (f *clusterFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.kubeconfig, "kubeconfig", "", "Path of a kubeconfig. KUBECONFIG, ~/.kube/config and the pod's service account are used when this is left out.")
	fs.StringVar(&f.context, "context", "", "Context of the kubeconfig.")
	fs.StringVar(&f.name, "name", "default", "Name of the PriceTable.")
}

// store reads and applies one PriceTable of a cluster.
type store struct {
	client client.Client
	name   string
}

func (f *clusterFlags) open() (*store, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("preparing the client: %w", err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("preparing the client: %w", err)
	}
	return &store{client: c, name: f.name}, nil
}

// get reads the table, nil when it does not exist.
func (s *store) get(ctx context.Context) (*v1alpha1.PriceTable, error) {
	var table v1alpha1.PriceTable
	err := s.client.Get(ctx, types.NamespacedName{Name: s.name}, &table)
	switch {
	case meta.IsNoMatchError(err):
		return nil, errors.New("the cluster does not know PriceTables: apply Tollgate's custom resource definitions first (manifests/crds)")
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading PriceTable %q: %w", s.name, err)
	}
	return &table, nil
}

// apply makes the cluster's table hold what next holds, by server-side apply.
// It sends the prices that an import owns already and those that differ from
// current; what people or GitOps have written stays theirs. A table that has
// changed since current was read is refused.
func (s *store) apply(ctx context.Context, current, next *v1alpha1.PriceTable) error {
	mine := ownedKeys(current)
	have := map[string]*v1alpha1.ModelPrice{}
	if current != nil {
		for i := range current.Spec.Models {
			have[entryKey(&current.Spec.Models[i])] = &current.Spec.Models[i]
		}
	}
	send := &v1alpha1.PriceTable{}
	for i := range next.Spec.Models {
		e := next.Spec.Models[i].DeepCopy()
		e.EffectiveFrom = metav1.NewTime(begins(e)) // an empty one would not be the key that the server defaults
		key := entryKey(e)
		if old := have[key]; mine[key] || old == nil || !importer.SamePrice(old, e) {
			send.Spec.Models = append(send.Spec.Models, *e)
		}
	}
	raw, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&send.Spec)
	if err != nil {
		return fmt.Errorf("preparing PriceTable %q: %w", s.name, err)
	}
	object := &unstructured.Unstructured{Object: map[string]any{"spec": raw}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(kind))
	object.SetName(s.name)
	if current != nil {
		object.SetResourceVersion(current.ResourceVersion)
	}
	err = s.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(fieldManager), client.ForceOwnership)
	if apierrors.IsConflict(err) {
		return fmt.Errorf("PriceTable %q was changed by somebody else in the meantime: run the import again: %w", s.name, err)
	}
	if err != nil {
		return fmt.Errorf("applying PriceTable %q: %w", s.name, brief(err))
	}
	return s.verify(ctx, next)
}

// verify compares what the cluster holds now with what it should.
func (s *store) verify(ctx context.Context, want *v1alpha1.PriceTable) error {
	got, err := s.get(ctx)
	if err != nil {
		return err
	}
	is, _ := pricetable.Compile(got)
	should, _ := pricetable.Compile(want)
	if is.Digest() == should.Digest() {
		return nil
	}
	wanted := map[string]bool{}
	for i := range want.Spec.Models {
		wanted[entryKey(&want.Spec.Models[i])] = true
	}
	var rest []string
	if got != nil {
		for i := range got.Spec.Models {
			if e := &got.Spec.Models[i]; !wanted[entryKey(e)] {
				rest = append(rest, importer.Name(e.Provider, e.Model))
			}
		}
	}
	return fmt.Errorf("PriceTable %q was applied but other writers hold prices that should be gone (%s): remove them there, or with kubectl edit; the writers are %s",
		s.name, strings.Join(slices.Compact(rest), ", "), managers(got))
}

func managers(t *v1alpha1.PriceTable) string {
	var names []string
	if t != nil {
		for _, m := range t.ManagedFields {
			if m.Manager != fieldManager {
				names = append(names, m.Manager)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// entryKey is what tells prices of a table apart.
func entryKey(e *v1alpha1.ModelPrice) string {
	return fmt.Sprintf("%q %q %d", e.Provider, e.Model, begins(e).Unix())
}

// begins is the instant of a price, 1970 when it is left out.
func begins(e *v1alpha1.ModelPrice) time.Time {
	if e.EffectiveFrom.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return e.EffectiveFrom.UTC()
}

// brief bounds an answer of the server, which may name thousands of prices.
func brief(err error) error {
	const most = 600
	if text := err.Error(); len(text) > most {
		return errors.New(text[:most] + "...")
	}
	return err
}

// ownedKeys are the prices that earlier imports have applied, from the record
// that the API server keeps of who has written what.
func ownedKeys(t *v1alpha1.PriceTable) map[string]bool {
	owned := map[string]bool{}
	if t == nil {
		return owned
	}
	for _, m := range t.ManagedFields {
		if m.Manager != fieldManager || m.Operation != metav1.ManagedFieldsOperationApply || m.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Spec struct {
				Models map[string]json.RawMessage `json:"f:models"`
			} `json:"f:spec"`
		}
		if json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields) != nil {
			continue // no record that we understand: nothing is known to be ours
		}
		for k := range fields.Spec.Models {
			var e v1alpha1.ModelPrice
			if key, ok := strings.CutPrefix(k, "k:"); ok && json.Unmarshal([]byte(key), &e) == nil {
				owned[entryKey(&e)] = true
			}
		}
	}
	return owned
}
