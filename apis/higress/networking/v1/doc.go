// Package v1 holds the types of networking.higress.io/v1 that Tollgate reads and
// writes: McpBridge and Http2Rpc. They are written here from the fields that
// Higress's CRDs declare (v2.2.1) and are no stricter than they: nothing is
// required. Higress's own chart installs the CRDs on a real cluster;
// manifests/higress-crds has the same for tests and the demo.
//
// +kubebuilder:object:generate=true
// +groupName=networking.higress.io
package v1
