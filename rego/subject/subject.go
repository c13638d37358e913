package subject

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// Source says how the organization was found.
type Source string

// How the organization was found.
const (
	// SourceNamespace: it owns the object's namespace, or nobody does.
	SourceNamespace Source = "namespace"
	// SourceLabel: the object is in the gateway's namespace and says so by its
	// ownership label.
	SourceLabel Source = "label"
	// SourceNone: the object is in the gateway's namespace without the label, or
	// in a namespace that nobody owns.
	SourceNone Source = "none"
	// SourceCluster: the object is in no namespace.
	SourceCluster Source = "cluster"
)

// Subject is whose object a request is about and who is asking.
type Subject struct {
	// Organization whose scope holds; empty when there is none.
	Organization string `json:"organization"`
	// Source says how it was found.
	Source Source `json:"source"`
	// Standing of the requester towards Organization.
	Standing Standing `json:"standing"`
	// InGateway is true for objects in the gateway's namespace.
	InGateway bool `json:"inGateway"`
	// Unowned is true for objects in a namespace, not the gateway's, that no
	// organization owns.
	Unowned bool `json:"unowned"`
	// Terminating is true while the object's namespace is being deleted.
	Terminating bool `json:"terminating"`
	// NamespaceExists is false when the inventory does not know the object's
	// namespace, and for objects in none.
	NamespaceExists bool `json:"namespaceExists"`
}

// Bound reports whether the tenant's scope binds the requester: everybody but
// administrators, the system, Tollgate's controller and the console. Without a
// requester (audit, review) it binds too.
func (s Subject) Bound() bool {
	switch s.Standing {
	case Admin, System, Controller, Console:
		return false
	}
	return true
}

// Of returns the subject of a request. An object belongs to the owner of its
// namespace (a Namespace to its own owner); in the gateway's namespace to the
// organization of its ownership label, which in an update or a delete is the
// old object's. The error says that the object cannot be read, so that its
// owner cannot be known.
func Of(inv *inventory.Inventory, s *settings.Settings, req *admissionv1.AdmissionRequest) (Subject, error) {
	sub, err := owner(inv, s, req)
	if err != nil {
		return Subject{}, fmt.Errorf("finding out whose object %s is: %w", objectName(req), err)
	}
	sub.Standing = standing(inv.Directory(), s, sub.Organization, &req.UserInfo)
	return sub, nil
}

func owner(inv *inventory.Inventory, s *settings.Settings, req *admissionv1.AdmissionRequest) (Subject, error) {
	namespace := req.Namespace
	itself := req.Kind.Group == corev1.GroupName && req.Kind.Kind == "Namespace"
	if itself && req.Name != "" {
		namespace = req.Name
	}
	if namespace == "" {
		return Subject{Source: SourceCluster}, nil
	}
	_, _, terminating, exists := inv.Namespace(namespace)
	sub := Subject{Source: SourceNone, Terminating: terminating, NamespaceExists: exists}
	if namespace == s.Gateway.Namespace {
		sub.InGateway = true
		if itself {
			return sub, nil
		}
		organization, err := labelled(req)
		if err != nil {
			return Subject{}, err
		}
		if organization != "" {
			sub.Organization, sub.Source = organization, SourceLabel
		}
		return sub, nil
	}
	o, owned := inv.Directory().OwnerOfNamespace(namespace)
	if !owned {
		sub.Unowned = true
		return sub, nil
	}
	sub.Organization, sub.Source = o.Name(), SourceNamespace
	return sub, nil
}

// labelled returns the ownership label that counts: the old object's where
// there is one, because nobody gains an object by labelling it anew.
func labelled(req *admissionv1.AdmissionRequest) (string, error) {
	raw := req.Object.Raw
	switch req.Operation {
	case admissionv1.Update, admissionv1.Delete:
		raw = req.OldObject.Raw
		if len(raw) == 0 {
			return "", fmt.Errorf("a request to %s without the old object", req.Operation)
		}
	case admissionv1.Connect:
		return "", nil
	}
	var object struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	if err := utiljson.Unmarshal(raw, &object); err != nil {
		return "", fmt.Errorf("reading its labels: %w", err)
	}
	return object.Metadata.Labels[v1alpha1.LabelOrganization], nil
}

func objectName(req *admissionv1.AdmissionRequest) string {
	name := req.Name
	if req.Namespace != "" {
		name = req.Namespace + "/" + name
	}
	return req.Kind.Kind + " " + name
}
