package baseline_test

import (
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// listeningEscapes says what a Gateway or a ListenerSet reaches that is not its
// owner's, or changes that all share.
func listeningEscapes(by requester, l *listening) []string {
	s := scopeOf(by, l.Namespace, l.Labels)
	if s == nil || !s.listens(l) {
		return nil
	}
	if s.gateway && s.owner == "" {
		s.escape("an object of the platform")
	}
	s.text(l)
	s.controls(l.Spec)
	for key := range l.Annotations {
		if readByTheGateway(key) {
			s.escape("the annotation " + key)
		}
	}
	if i := l.Spec.Infrastructure; i != nil && (len(i.Labels) > 0 || len(i.Annotations) > 0 || i.ParametersRef != nil) {
		s.escape("what the gateway runs on")
	}
	if len(l.Spec.Addresses) > 0 {
		s.escape("the addresses of the gateway")
	}
	for _, listener := range l.Spec.Listeners {
		s.listener(listener)
		if listener.TLS != nil {
			for _, ref := range listener.TLS.CertificateRefs {
				s.certificate(l, ref)
			}
			for key := range listener.TLS.Options {
				if readByTheGateway(string(key)) {
					s.escape("the TLS option " + string(key))
				}
			}
		}
	}
	if t := l.Spec.TLS; t != nil && t.Frontend != nil {
		clients := []gatewayv1.TLSConfig{t.Frontend.Default}
		for _, port := range t.Frontend.PerPort {
			clients = append(clients, port.TLS)
		}
		for _, c := range clients {
			for _, ref := range deref(c.Validation).CACertificateRefs {
				s.certificate(l, gatewayv1.SecretObjectReference{Group: &ref.Group, Kind: &ref.Kind, Name: ref.Name, Namespace: ref.Namespace})
			}
		}
	}
	if t := l.Spec.TLS; t != nil && t.Backend != nil && t.Backend.ClientCertificateRef != nil {
		s.certificate(l, *t.Backend.ClientCertificateRef)
	}
	return s.escapes
}

func readByTheGateway(key string) bool {
	for _, read := range []string{"gateway.higress.io", "networking.higress.io", "higress.io", "gateway.istio.io", "networking.istio.io", "internal.istio.io"} {
		if strings.HasPrefix(key, read+"/") {
			return true
		}
	}
	return false
}

// listens reports whether the listeners are Higress's, or may become so.
func (s *scope) listens(l *listening) bool {
	if l.kind.Kind == "Gateway" {
		return l.Spec.GatewayClassName == "higress"
	}
	_, served := s.parents(gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{*l.Spec.ParentRef}})
	return served
}

// listener judges the host, the port and what becomes of TLS.
func (s *scope) listener(l gatewayv1.Listener) {
	host := string(deref(l.Hostname))
	s.host(host)
	if all := host == "" || host == "*" || host == "*."; all && l.Protocol != "HTTP" && l.Protocol != "TCP" && l.Protocol != "UDP" {
		s.escape("a certificate for everybody's hosts")
	}
	if plain := l.Port == 80 && l.Protocol == "HTTP"; !plain && (l.Port != 443 || l.Protocol != "HTTPS") {
		s.escape("a port that all share")
	}
	if l.TLS != nil && deref(l.TLS.Mode) == "Passthrough" {
		s.escape("connections that nobody sees")
	}
}

// certificate judges a reference to a Secret. One is lent to Gateways of
// acme-chat (testdata/tenants.yaml).
func (s *scope) certificate(l *listening, ref gatewayv1.SecretObjectReference) {
	namespace, kind := s.namespace, "Secret"
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	if ref.Kind != nil {
		kind = string(*ref.Kind)
	}
	lent := l.kind.Kind == "Gateway" && s.namespace == "acme-chat" && namespace == "globex-research" &&
		ref.Name == "lent" && kind == "Secret" && deref(ref.Group) == ""
	if !s.own(namespace) && !lent {
		s.escape("the Secret " + namespace + "/" + string(ref.Name))
	}
}
