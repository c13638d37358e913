package cluster

import (
	"bytes"
	_ "embed"
)

//go:embed foreign.yaml
var foreign []byte

// ForeignTypes returns definitions, as YAML, of the kinds that Tollgate judges and
// has no schema of: Istio's EnvoyFilter and WasmPlugin, XListenerSet, which the
// Gateway API no longer brings, and XBackendTrafficPolicy, an experiment of it. They
// take any fields, so that what is refused is refused by a policy. The demo applies them, and tests
// with a kube-apiserver.
func ForeignTypes() []byte { return bytes.Clone(foreign) }
