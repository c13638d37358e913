package admission

import (
	"maps"

	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// saysMore tells whether a request to an object's status changes what the object
// says. For an Ingress it may: kube-apiserver keeps the spec from such a request,
// but takes labels and annotations, and a role with resources: ["*"] has the right
// to it. (Of custom resources it keeps all but the status.) What cannot be read
// may say anything.
func saysMore(req *admissionv1.AdmissionRequest) bool {
	if req.Kind.Group != networkingv1.GroupName || req.Kind.Kind != "Ingress" || req.Operation != admissionv1.Update {
		return false
	}
	type said struct {
		Metadata struct {
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	var now, before said
	if utiljson.Unmarshal(req.Object.Raw, &now) != nil || utiljson.Unmarshal(req.OldObject.Raw, &before) != nil {
		return true
	}
	return !maps.Equal(now.Metadata.Labels, before.Metadata.Labels) || !maps.Equal(now.Metadata.Annotations, before.Metadata.Annotations)
}
