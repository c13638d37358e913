package baseline_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// FuzzService holds the verdict on Services that are other names against the
// oracle, which resolves the name as the gateway would.
func FuzzService(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(600) {
		f.Add(seed, "db-0.db", "web.globex-research", "10.1.2.3")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		object := same(t, p.serviceObject())
		// kube-apiserver refuses what is none.
		if len(validation.IsDNS1123Subdomain(strings.TrimSuffix(object.Spec.ExternalName, "."))) > 0 {
			t.Skip("no name")
		}
		by := p.by()
		verdict := w.create(t, by, metav1.GroupVersionKind{Version: "v1", Kind: "Service"}, object.ObjectMeta, object)
		var loose []string
		if !outside(object.Spec.ExternalName) {
			loose = []string{"service-external-name"} // a name that may be the cluster's one day is refused today
		}
		compare(t, object, verdict, serviceEscapes(by, object), loose...)
	})
}

func (p picker) serviceObject() *corev1.Service {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace(), Name: "out", Labels: map[string]string{}}}
	if s.Namespace == "higress-system" && p.one(2) {
		s.Labels["tollgate.dev/organization"] = p.of("acme", "globex")
	}
	s.Spec.Type = corev1.ServiceTypeExternalName
	if p.one(16) {
		s.Spec.Type = corev1.ServiceTypeClusterIP
	}
	name := p.of("api.search.example", "web", "redis", "db-0.db", "10-1-2-3.web", "lent", "lentil", "10.244.3.7", "172.31.0.1", "127.0.0.1", "169.254.169.254",
		"203.0.113.7", "0177.0.0.1", "2130706433", "localhost", "llm-acme.internal.dns", "llm-globex.internal.dns", "redis.static", "www.globex.example")
	space := p.of("", "", ".acme-chat", ".acme-search", ".globex-research", ".higress-system", ".kube-system", ".data", ".shop", ".example")
	s.Spec.ExternalName = name + space + p.of("", "", ".svc", ".pod", ".svc.cluster.local", ".pod.cluster.local", ".nip.io", ".", ".svc.")
	return s
}

// outside reports whether a name is plainly that of a host in the world.
func outside(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return !ip.IsPrivate()
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	return (len(labels) > 2 || len(labels) == 2 && strings.HasSuffix(name, ".")) && labels[len(labels)-1] == "example" && !slices.Contains(labels, "svc") && !slices.Contains(labels, "pod")
}

// serviceEscapes says where a name leads that is not its owner's to reach.
func serviceEscapes(by requester, service *corev1.Service) []string {
	s := &scope{namespace: service.Namespace, owner: map[string]string{"acme-chat": "acme", "acme-search": "acme", "globex-research": "globex"}[service.Namespace]}
	if service.Namespace == "higress-system" {
		s.gateway, s.owner = true, service.Labels["tollgate.dev/organization"]
	}
	if service.Spec.Type != corev1.ServiceTypeExternalName || by.free || by.name == "" && s.gateway && s.owner == "" {
		return nil
	}
	name := strings.TrimSuffix(service.Spec.ExternalName, ".")
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsPrivate() && s.owner != "" {
			s.escape("the address " + name)
		}
		return s.escapes
	}
	if last := name[strings.LastIndex(name, ".")+1:]; strings.Trim(last, "0123456789") == "" {
		s.escape("a number that a resolver may take for an address")
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".nip.io") {
		s.escape("the gateway's own machine")
	}
	if s.owner == "" {
		return s.escapes
	}
	if name == "redis.static" || name == "llm-acme.internal.dns" && s.owner != "acme" || name == "llm-globex.internal.dns" && s.owner != "globex" {
		s.escape("somebody else's service of the McpBridge")
	}
	for _, host := range completed(service.Spec.ExternalName) {
		s.inCluster(host)
	}
	return s.escapes
}

// completed are the names that a resolver tries in a Pod of the gateway, whose
// resolv.conf has ndots:5: a name with a dot at its end is tried alone.
func completed(name string) []string {
	if whole, ok := strings.CutSuffix(name, "."); ok {
		return []string{whole}
	}
	return []string{name + ".higress-system.svc.cluster.local", name + ".svc.cluster.local", name + ".cluster.local", name}
}

// inCluster judges a whole name, if it is one of the cluster's:
// <service>.<namespace>.svc, <pod>.<service>.<namespace>.svc, <address>.<namespace>.pod.
func (s *scope) inCluster(host string) {
	labels := strings.Split(host, ".")
	n := len(labels) - 3 // of what stands before svc.cluster.local
	if n < 2 || n > 3 || labels[n+1] != "cluster" || labels[n+2] != "local" || labels[n] != "svc" && (labels[n] != "pod" || n != 2) {
		return
	}
	namespace, service := labels[n-1], labels[n-2]
	there := []string{"acme-chat", "acme-search", "globex-research", "higress-system", "kube-system", "data"}
	lent := s.namespace == "acme-chat" && namespace == "data" && service == "lent" && labels[n] == "svc"
	if namespace == "higress-system" && n == 3 && slices.Contains(there, service) {
		return // no Service of the gateway's is called like a namespace
	}
	if slices.Contains(there, namespace) && !s.own(namespace) && !lent {
		s.escape("a Service of " + namespace + ": " + host)
	}
}
