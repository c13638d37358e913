package review

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"tollgate.dev/tollgate/hack/cluster"
)

// connection is an administrator's to a kube-apiserver.
type connection struct {
	admin  *rest.Config
	mapper meta.RESTMapper
}

// connect asks which kinds there are: those that come later are not known.
func connect(t *testing.T, cp *cluster.ControlPlane) *connection {
	t.Helper()
	admin, err := cp.Config(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	admin.WarningHandler = rest.NoWarnings{}
	admin.QPS, admin.Burst = 500, 500
	groups, err := discovery.NewDiscoveryClientForConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := restmapper.GetAPIGroupResources(groups)
	if err != nil {
		t.Fatal(err)
	}
	return &connection{admin, restmapper.NewDiscoveryRESTMapper(resources)}
}

// client is where an object is, for somebody.
func (c *connection) client(config *rest.Config, u *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	gvk := u.GroupVersionKind()
	m, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return client.Resource(m.Resource).Namespace(u.GetNamespace()), nil
	}
	return client.Resource(m.Resource), nil
}
