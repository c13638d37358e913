package value

import "github.com/open-policy-agent/opa/v1/ast"

// maxKnownKey is the length of the longest key that is remembered.
const maxKnownKey = 64

// usual are keys that nearly every object of Kubernetes has, or that stand in it
// many times. They are only read.
var usual = termsOf(
	"apiVersion", "kind", "metadata", "spec", "status",
	"name", "namespace", "labels", "annotations", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"generateName", "finalizers", "ownerReferences", "controller", "blockOwnerDeletion", "managedFields", "manager", "operation", "time", "fieldsType", "fieldsV1", "subresource",
	"app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart",
	"meta.helm.sh/release-name", "meta.helm.sh/release-namespace", "kubectl.kubernetes.io/last-applied-configuration",
	"ingressClassName", "rules", "host", "http", "paths", "path", "pathType", "backend", "service", "port", "number", "tls", "hosts", "secretName", "loadBalancer", "ingress", "ip", "hostname",
	"parentRefs", "hostnames", "matches", "type", "value", "backendRefs", "group", "weight", "filters", "sectionName",
	"matchRules", "config", "configDisable", "url", "phase", "priority", "failStrategy", "defaultConfig", "defaultConfigDisable",
)

func termsOf(keys ...string) map[string]*ast.Term {
	terms := make(map[string]*ast.Term, len(keys))
	for _, key := range keys {
		terms[key] = ast.StringTerm(key)
	}
	return terms
}

// known returns the term of a key that came before.
func (p *parser) known(key string) *ast.Term {
	if t := usual[key]; t != nil {
		return t
	}
	return p.keys[key]
}

func (p *parser) remember(key string, t *ast.Term) {
	if p.keys == nil {
		p.keys = map[string]*ast.Term{}
	}
	p.keys[key] = t
}
