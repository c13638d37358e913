package live

import (
	"context"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// page is how many objects are asked for at a time.
const page = 500

// Cluster lists objects of one cluster.
type Cluster struct {
	client dynamic.Interface
	mapper meta.RESTMapper
}

// Open reads a kubeconfig, as kubectl finds it when the path is empty, and asks
// the cluster which kinds it serves.
func Open(kubeconfig, context string) (*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	config.QPS, config.Burst = 50, 100
	return New(config)
}

// New asks the cluster behind a configuration which kinds it serves.
func New(config *rest.Config) (*Cluster, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for the cluster: %w", err)
	}
	groups, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for the cluster: %w", err)
	}
	resources, err := restmapper.GetAPIGroupResources(groups)
	if err != nil {
		return nil, fmt.Errorf("asking the cluster for its kinds: %w", err)
	}
	return &Cluster{client: client, mapper: restmapper.NewDiscoveryRESTMapper(resources)}, nil
}

// List passes every object of a kind to put, in a version, or in the cluster's
// own choice of one. A kind that the cluster does not have has no objects.
func (c *Cluster) List(ctx context.Context, gk schema.GroupKind, version string, put func(*unstructured.Unstructured) error) error {
	var versions []string
	if version != "" {
		versions = []string{version}
	}
	mapping, err := c.mapper.RESTMapping(gk, versions...)
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for %s in the cluster: %w", gk, err)
	}
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := c.client.Resource(mapping.Resource).List(ctx, options)
		if err != nil {
			return fmt.Errorf("listing %s: %w", mapping.Resource.GroupResource(), err)
		}
		for i := range list.Items {
			if err := put(&list.Items[i]); err != nil {
				return err
			}
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// Definitions passes every CustomResourceDefinition to put. Who may not list
// them gets none.
func (c *Cluster) Definitions(ctx context.Context, put func(*apiextensionsv1.CustomResourceDefinition) error) error {
	gk := schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}
	err := c.List(ctx, gk, apiextensionsv1.SchemeGroupVersion.Version, func(u *unstructured.Unstructured) error {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, crd); err != nil {
			return fmt.Errorf("reading the definition %s: %w", u.GetName(), err)
		}
		return put(crd)
	})
	if apierrors.IsForbidden(err) {
		return nil
	}
	return err
}
