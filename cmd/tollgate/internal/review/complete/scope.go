package complete

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterScoped says whether a built-in kind has no namespace. Kinds that are
// not listed have one.
func clusterScoped(gk schema.GroupKind) bool {
	var kinds []string
	switch gk.Group {
	case "":
		kinds = []string{"Namespace", "Node", "PersistentVolume", "ComponentStatus"}
	case "admissionregistration.k8s.io":
		return true
	case "apiextensions.k8s.io":
		kinds = []string{"CustomResourceDefinition"}
	case "apiregistration.k8s.io":
		kinds = []string{"APIService"}
	case "authentication.k8s.io":
		kinds = []string{"TokenReview", "SelfSubjectReview"}
	case "authorization.k8s.io":
		kinds = []string{"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"}
	case "certificates.k8s.io":
		kinds = []string{"CertificateSigningRequest", "ClusterTrustBundle"}
	case "flowcontrol.apiserver.k8s.io":
		return true
	case "internal.apiserver.k8s.io":
		return true
	case "networking.k8s.io":
		kinds = []string{"IngressClass", "IPAddress", "ServiceCIDR"}
	case "node.k8s.io":
		kinds = []string{"RuntimeClass"}
	case "rbac.authorization.k8s.io":
		kinds = []string{"ClusterRole", "ClusterRoleBinding"}
	case "resource.k8s.io":
		kinds = []string{"DeviceClass", "ResourceSlice", "DeviceTaintRule"}
	case "scheduling.k8s.io":
		kinds = []string{"PriorityClass"}
	case "storage.k8s.io":
		kinds = []string{"StorageClass", "VolumeAttachment", "CSINode", "CSIDriver", "VolumeAttributesClass"}
	case "storagemigration.k8s.io":
		return true
	}
	return slices.Contains(kinds, gk.Kind)
}
