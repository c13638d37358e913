package inventory

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	networking "tollgate.dev/tollgate/apis/higress/networking/v1"
)

// ownerMetadata is the key of a registry's metadata, and ownerKey the one
// inside it, under which the McpBridge says whose service it is:
//
//	registries:
//	- name: llm-acme.internal
//	  metadata: {tollgate.dev: {innerMap: {organization: acme}}}
//
// The object is shared by all tenants and its list is replaced as a whole, so
// that the owner stands in the element itself.
const (
	ownerMetadata = "tollgate.dev"
	ownerKey      = "organization"
	bridgeName    = "default" // the only one that Higress reads
)

// bridgeFacts is what is kept of the McpBridge that Higress reads.
type bridgeFacts struct {
	services []entry[string] // host and owner
	secrets  []secretUse
}

func parseBridge(u *unstructured.Unstructured) any {
	if u.GetName() != bridgeName {
		return nil
	}
	b := read[networking.McpBridge](u)
	f := &bridgeFacts{}
	for _, r := range b.Spec.Registries {
		if r.Name != "" && r.Type != "" {
			f.services = append(f.services, entry[string]{NormalHost(r.Name + "." + r.Type), r.Metadata[ownerMetadata].InnerMap[ownerKey]})
		}
		if r.AuthSecretName != "" {
			f.secrets = append(f.secrets, secretUse{u.GetNamespace() + "/" + r.AuthSecretName, ""})
		}
	}
	eachText(u.Object["spec"], func(s string) {
		f.secrets = append(f.secrets, templatedSecrets(s, u.GetNamespace())...)
	})
	f.secrets = sortUses(f.secrets)
	return f
}

// bridges is data.tollgate.mcp_service["llm-x.internal.dns"]: {"owner"}, with an
// empty owner for a service of the platform. A name that stands twice with two
// owners is nobody's.
type bridges struct{ *index[string] }

func newBridges(w words) *bridges {
	return &bridges{newIndex(plainText(), func(all []contribution[string]) ast.Value {
		owner := all[0].value
		for _, o := range all[1:] {
			if o.value != owner {
				owner = ""
			}
		}
		return w.object(field{"owner", w.text(owner)})
	})}
}

func (b *bridges) put(k objectKey, f *bridgeFacts) { b.set(k, f.services...) }

func (b *bridges) remove(k objectKey) { b.set(k) }
