// Package v1alpha1 holds the types of extensions.higress.io/v1alpha1 that
// Tollgate reads and writes: WasmPlugin. They are written here from the fields
// that Higress's CRD declares (v2.2.1) and are no stricter than it: nothing is
// required and only its enums are checked. Higress's own chart installs the CRD
// on a real cluster; manifests/higress-crds has the same for tests and the demo.
//
// +kubebuilder:object:generate=true
// +groupName=extensions.higress.io
package v1alpha1
