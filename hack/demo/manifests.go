package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/demo/specs"
)

// apiServices are the registrations of the API groups, by file.
func apiServices() []string { return []string{"apiservice.yaml", "apiservice-policy.yaml"} }

// applyTypes applies what the server stands on: CRDs, its rights, and those of its users. It may be repeated.
func (d *demo) applyTypes(ctx context.Context) error {
	return d.kubectl(ctx,
		d.apply("-k", "crds"),
		[]string{
			"wait", "--for=condition=Established", "--timeout=60s",
			"crd/organizations.tollgate.dev", "crd/projects.tollgate.dev", "crd/pricetables.tollgate.dev",
		},
		d.apply("-f", "apiserver/namespace.yaml"),
		d.apply("-f", "apiserver/identity.yaml"),
		d.apply("-f", "apiserver/flowschema.yaml"),
		d.apply("-f", "controller/identity.yaml"),
		d.apply("-k", "rbac"),
	)
}

// applyExamples applies two organizations with projects and prices.
func (d *demo) applyExamples(ctx context.Context) error {
	return d.kubectl(ctx, d.apply("-k", "examples"))
}

// applyAPIServices registers the API groups and waits until kube-apiserver serves them.
func (d *demo) applyAPIServices(ctx context.Context) error {
	for _, file := range apiServices() {
		if err := d.applyAPIService(ctx, file); err != nil {
			return err
		}
	}
	return nil
}

// applyAPIService registers one group. The Service is a name for localhost and the port stands in the APIService, because a process
// on this machine is no endpoint of a cluster.
func (d *demo) applyAPIService(ctx context.Context, file string) error {
	raw, err := os.ReadFile(filepath.Join(d.home.root, "manifests", "apiserver", file))
	if err != nil {
		return fmt.Errorf("reading the APIService: %w", err)
	}
	var registration apiregistration.APIService
	if err := yaml.UnmarshalStrict(raw, &registration); err != nil {
		return fmt.Errorf("reading the APIService: %w", err)
	}
	registration.Spec.CABundle = d.ca.PEM()
	registration.Spec.Service.Port = ptr.To(int32(d.port))
	service := corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: registration.Spec.Service.Name, Namespace: registration.Spec.Service.Namespace},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	for _, object := range []any{service, registration} {
		data, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("encoding the registration: %w", err)
		}
		if _, _, err := d.admin.RunInput(ctx, data, "apply", "-f", "-"); err != nil {
			return err
		}
	}
	return d.kubectl(ctx, []string{"wait", "--for=condition=Available", "--timeout=60s", "apiservice/" + registration.Name})
}

// configureAgent has the agent forward each organization's series to the Mimir tenant that it owns.
func (d *demo) configureAgent(ctx context.Context) error {
	reader, err := specs.NewReader(d.home.kubeconfig())
	if err != nil {
		return err
	}
	read, err := reader.Read(ctx)
	if err != nil {
		return err
	}
	var tenants []tenant
	for _, o := range read.Directory.Organizations() {
		if mimir, ok, _ := read.Directory.MimirTenant(o.Name()); ok {
			tenants = append(tenants, tenant{organization: o.Name(), mimir: mimir})
		}
	}
	config, err := agentConfig(d.mimir.PushURL, []string{d.gateway}, tenants)
	if err != nil {
		return err
	}
	return d.agent.Configure(ctx, config)
}

func (d *demo) apply(flag, path string) []string {
	return []string{"apply", flag, filepath.Join(d.home.root, "manifests", filepath.FromSlash(path))}
}

func (d *demo) kubectl(ctx context.Context, calls ...[]string) error {
	for _, args := range calls {
		if _, _, err := d.admin.Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}
