package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// listening is a Gateway, or what adds listeners to one. Both are of one shape,
// so that one type is both; XListenerSet is the ListenerSet of older versions.
type listening struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              listeningSpec `json:"spec"`
	kind              metav1.GroupVersionKind
}

type listeningSpec struct {
	gatewayv1.GatewaySpec `json:",inline"`
	ParentRef             *gatewayv1.ParentReference `json:"parentRef,omitempty"`
}

// FuzzGateway holds the verdict on Gateways, ListenerSets and XListenerSets
// against the oracle.
func FuzzGateway(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(600) {
		f.Add(seed, "www.acme.example", "tls", "gateway.higress.io/x")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		made := p.listening()
		object := same(t, made)
		object.kind = made.kind
		by := p.by()
		verdict := w.create(t, by, object.kind, object.ObjectMeta, object)
		compare(t, object, verdict, listeningEscapes(by, object))
	})
}

func (p picker) listening() *listening {
	l := &listening{ObjectMeta: metav1.ObjectMeta{
		Namespace: p.namespace(), Name: p.of("mine", "mine", "web.v1"),
		Labels: map[string]string{}, Annotations: map[string]string{},
	}}
	p = p.in(l.Namespace)
	if p.one(12) || l.Namespace == "higress-system" && p.one(2) {
		l.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "nowhere", "")
	}
	if p.one(4) {
		key := p.of("argocd.argoproj.io/instance", "gateway.higress.io/name-override", "networking.higress.io/address-type", "higress.io/x",
			"networking.istio.io/service-type", "gateway.istio.io/x", "internal.istio.io/x", "xgateway.higress.io/x", "Gateway.higress.io/x", "description")
		l.Annotations[key] = p.of("x", "higress-gateway", "${secret.a.b}", "a\nb")
	}
	l.Spec.Listeners = some(p, 2, p.listener)
	l.kind = metav1.GroupVersionKind{Group: gatewayv1.GroupName, Version: "v1", Kind: "Gateway"}
	switch p.IntN(4) {
	case 0:
		l.kind.Kind = "ListenerSet"
	case 1:
		l.kind = metav1.GroupVersionKind{Group: "gateway.networking.x-k8s.io", Version: "v1alpha1", Kind: "XListenerSet"}
	default:
		p.gatewayOnly(&l.Spec.GatewaySpec)
		return l
	}
	parent := p.parent()
	parent.SectionName = nil
	l.Spec.ParentRef = &parent
	return l
}

// gatewayOnly fills in what no ListenerSet has.
func (p picker) gatewayOnly(spec *gatewayv1.GatewaySpec) {
	spec.GatewayClassName = gatewayv1.ObjectName(p.of("higress", "higress", "higress", "istio", "later", ""))
	if p.one(6) {
		spec.Infrastructure = &gatewayv1.GatewayInfrastructure{}
		switch p.IntN(3) {
		case 0:
			spec.Infrastructure.Labels = map[gatewayv1.LabelKey]gatewayv1.LabelValue{"app": "higress-gateway"}
		case 1:
			spec.Infrastructure.ParametersRef = &gatewayv1.LocalParametersReference{Kind: "ConfigMap", Name: "gateway"}
		}
	}
	if p.one(8) {
		spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: p.of("10.0.0.1", "higress-gateway.higress-system.svc")}}
	}
	if p.one(6) {
		ref := p.certificate()
		spec.TLS = &gatewayv1.GatewayTLSConfig{Backend: &gatewayv1.GatewayBackendTLS{ClientCertificateRef: &ref}}
	}
	if p.one(8) {
		clients := gatewayv1.TLSConfig{Validation: &gatewayv1.FrontendTLSValidation{CACertificateRefs: some(p, 1, p.authority)}}
		spec.TLS = &gatewayv1.GatewayTLSConfig{Frontend: &gatewayv1.FrontendTLSConfig{Default: clients}}
		if p.one(2) {
			spec.TLS.Frontend = &gatewayv1.FrontendTLSConfig{PerPort: []gatewayv1.TLSPortConfig{{Port: 443, TLS: clients}}}
		}
	}
}

func (p picker) listener() gatewayv1.Listener {
	l := gatewayv1.Listener{Name: gatewayv1.SectionName(p.of("web", "web", "a\tb", "${a.b.c}")), Port: 80, Protocol: "HTTP"}
	if !p.one(5) {
		hostname := gatewayv1.Hostname(p.host())
		l.Hostname = &hostname
	}
	switch {
	case p.one(3):
		l.Port, l.Protocol = 443, "HTTPS"
	case p.one(4):
		l.Port = []gatewayv1.PortNumber{80, 443, 8080, 15020, 15021, 0, -1, 65536}[p.IntN(8)]
		l.Protocol = gatewayv1.ProtocolType(p.of("HTTP", "HTTPS", "TLS", "TCP", "UDP", "http", ""))
	}
	if l.Protocol != "HTTP" || p.one(6) {
		mode := gatewayv1.TLSModeType(p.of("Terminate", "Terminate", "Passthrough", ""))
		l.TLS = &gatewayv1.ListenerTLSConfig{CertificateRefs: some(p, 2, p.certificate)}
		if !p.one(3) {
			l.TLS.Mode = &mode
		}
		if p.one(8) {
			option := gatewayv1.AnnotationKey(p.of("example.com/ciphers", "gateway.istio.io/tls-terminate-mode", "gateway.higress.io/tls-terminate-mode"))
			l.TLS.Options = map[gatewayv1.AnnotationKey]gatewayv1.AnnotationValue{option: "MUTUAL"}
		}
	}
	return l
}

// authority is what clients' certificates are held against.
func (p picker) authority() gatewayv1.ObjectReference {
	ref := p.certificate()
	return gatewayv1.ObjectReference{Group: "", Kind: gatewayv1.Kind(p.of("ConfigMap", "Secret")), Name: ref.Name, Namespace: ref.Namespace}
}

func (p picker) certificate() gatewayv1.SecretObjectReference {
	ref := gatewayv1.SecretObjectReference{Name: gatewayv1.ObjectName(p.of("tls", "tls", "lent", "lent"))}
	if p.one(2) {
		namespace := gatewayv1.Namespace([]string{"acme-chat", "acme-search", "globex-research", "globex-research", "higress-system", "shop", ""}[p.IntN(7)])
		ref.Namespace = &namespace
	}
	if p.one(8) {
		group, kind := gatewayv1.Group(p.of("", "x")), gatewayv1.Kind(p.of("Secret", "ConfigMap"))
		ref.Group, ref.Kind = &group, &kind
	}
	return ref
}
