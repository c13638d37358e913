package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	policyv1alpha1 "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/violation"
	"tollgate.dev/tollgate/cmd/tollgate/internal/follow"
	"tollgate.dev/tollgate/cmd/tollgate/internal/settingsfile"
	"tollgate.dev/tollgate/rego/audit"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

// violationOptions are the flags of the live audit.
type violationOptions struct {
	enabled  bool
	settings string
}

func (o *violationOptions) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.enabled, "policy-violations", true, "Serve policyviolations and clusterpolicyviolations: what exists now, judged by the policies as they are now")
	fs.StringVar(&o.settings, "settings", "", "File of the settings of admission, the same as the webhook's, read again when it changes; the defaults without one")
}

// auditPatience multiplies the policies' timeouts: nobody's request waits, and a
// busy server must not make a policy look broken.
const auditPatience = 10

// warmInterval is how often is looked whether everything can be judged.
const warmInterval = 500 * time.Millisecond

// violations is the live audit of the aggregated API server.
type violations struct {
	file     *settingsfile.File
	engine   *engine.Engine
	store    *audit.Store
	follower *follow.Follower
	auditor  *audit.Auditor
	inForce  atomic.Pointer[settings.Settings]
}

// newViolations wires the live audit. It asks kube-apiserver for nothing yet.
func newViolations(cfg *rest.Config, o violationOptions) (*violations, error) {
	file, first, err := settingsfile.Open(o.settings)
	if err != nil {
		return nil, err
	}
	v := &violations{file: file, engine: engine.New(engine.Options{Patience: auditPatience}), store: audit.NewStore()}
	v.inForce.Store(first)
	// Half of the processors: budgets are asked for while violations are judged.
	v.auditor = audit.New(v.engine, v.inForce.Load, v.store, runtime.GOMAXPROCS(0)/2)
	v.follower, err = follow.New(cfg, follow.Options{
		Engine: v.engine, Settings: first, InForce: func(s *settings.Settings) { v.inForce.Store(s) },
		Sinks:   []follow.Sink{auditedSink{v.store}},
		Further: furtherAudited(),
	})
	return v, err
}

// furtherAudited are the kinds that are judged and that no policy reads.
func furtherAudited() []follow.Kind {
	kind := func(group, kind string, versions ...string) follow.Kind {
		return follow.Kind{GroupKind: schema.GroupKind{Group: group, Kind: kind}, Versions: versions}
	}
	return []follow.Kind{
		kind("networking.higress.io", "Http2Rpc", "v1"),
		kind("networking.istio.io", "EnvoyFilter", "v1alpha3"),
		kind("extensions.istio.io", "WasmPlugin", "v1alpha1"),
		// What these say that is judged has been the same in all their versions.
		kind(gatewayv1.GroupName, "ListenerSet", "v1"),
		kind("gateway.networking.x-k8s.io", "XListenerSet", "v1alpha1"),
		kind(gatewayv1.GroupName, "BackendTLSPolicy", "v1", "v1alpha3"),
		kind("gateway.networking.x-k8s.io", "XBackendTrafficPolicy", "v1alpha1"),
		kind(gatewayv1.GroupName, "TLSRoute", "v1", "v1alpha3", "v1alpha2"),
		kind(gatewayv1.GroupName, "TCPRoute", "v1", "v1alpha2"),
		kind(gatewayv1.GroupName, "UDPRoute", "v1", "v1alpha2"),
	}
}

// run follows the cluster until ctx is done.
func (v *violations) run(ctx context.Context) {
	go v.file.Follow(ctx, v.follower.Use, func(error) {})
	go v.warm(ctx)
	v.follower.Run(ctx)
}

// warm judges everything once, so that nobody waits for it: what follows is
// judged as it changes.
func (v *violations) warm(ctx context.Context) {
	if err := wait.PollUntilContextCancel(ctx, warmInterval, true, func(context.Context) (bool, error) { return v.engine.Ready() == nil, nil }); err != nil {
		return
	}
	begun, err := v.auditor.Begin()
	if err != nil {
		klog.ErrorS(err, "judging what exists for the first time")
		return
	}
	for _, namespace := range append(begun.Namespaces(), "") {
		if _, err := begun.Judge(ctx, namespace); err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "judging what exists for the first time", "namespace", namespace)
		}
	}
}

// group is what the live audit serves.
func (v *violations) group(tokens *page.Issuer, observer violation.Observer) apiserver.Group {
	auditor := auditor{v.auditor}
	return apiserver.Group{
		Version: policyv1alpha1.GroupVersion(), AddToScheme: policyv1alpha1.AddToScheme,
		Resources: []apiserver.Resource{
			{Name: "policyviolations", Kind: "PolicyViolation", FieldSelectors: violation.NamespacedFields(),
				Storage: violation.NewNamespaced(auditor, tokens, observer)},
			{Name: "clusterpolicyviolations", Kind: "ClusterPolicyViolation", FieldSelectors: violation.ClusterFields(),
				Storage: violation.NewCluster(auditor, tokens, observer)},
		},
	}
}

// auditedSink keeps of what is followed only what the webhook is asked about.
type auditedSink struct{ store *audit.Store }

func audited(k schema.GroupKind) bool {
	switch k.Kind {
	case "Ingress":
		return k.Group == "networking.k8s.io"
	case "Namespace", "IngressClass", "GatewayClass":
		return false
	}
	return true
}

func (s auditedSink) Put(obj *unstructured.Unstructured) {
	if !audited(obj.GroupVersionKind().GroupKind()) {
		return
	}
	if err := s.store.Put(obj); err != nil {
		klog.ErrorS(err, "an object is missing in policyviolations")
	}
}

func (s auditedSink) Delete(gvk schema.GroupVersionKind, namespace, name string) {
	s.store.Delete(gvk, namespace, name)
}

// auditor answers the API server's questions from the audit of package rego.
type auditor struct{ inner *audit.Auditor }

func (a auditor) Begin() (violation.Audit, error) {
	begun, err := a.inner.Begin()
	if err != nil {
		return nil, err
	}
	return begunAudit{begun}, nil
}

type begunAudit struct{ *audit.Audit }

func (a begunAudit) Judge(ctx context.Context, namespace string) ([]violation.Finding, error) {
	found, err := a.Audit.Judge(ctx, namespace)
	if err != nil {
		return nil, err
	}
	out := make([]violation.Finding, 0, len(found))
	for _, f := range found {
		apiVersion, kind := f.Object.Kind.ToAPIVersionAndKind()
		out = append(out, violation.Finding{
			Policy: f.Policy, Title: f.Title, Severity: string(f.Severity), Action: string(f.Action),
			Object:       violation.Object{APIVersion: apiVersion, Kind: kind, Namespace: f.Object.Namespace, Name: f.Object.Name, UID: f.UID},
			Organization: f.Organization, Field: f.Field, Message: f.Message, Remedy: f.Remedy,
		})
	}
	return out, nil
}
