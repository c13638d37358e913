package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/demo/specs"
)

//go:embed rights.yaml
var rights []byte

// apiServices are the registrations of the API groups, by file.
func apiServices() []string { return []string{"apiservice.yaml", "apiservice-policy.yaml"} }

// applyTypes applies what everything stands on: CRDs, rights, and those of users. It may be repeated.
func (d *demo) applyTypes(ctx context.Context) error {
	if err := d.applyInput(ctx, cluster.ForeignTypes()); err != nil {
		return err
	}
	err := d.kubectl(ctx,
		d.apply("-k", "crds"),
		d.apply("-k", "higress-crds"),
		append(d.apply("-f", "gatewayapi"), "--server-side"), // too large for the annotation of an apply by the client
	)
	if err != nil {
		return err
	}
	if err := d.admin.AwaitTypes(ctx); err != nil {
		return err
	}
	err = d.kubectl(ctx,
		d.apply("-f", "apiserver/namespace.yaml"),
		d.apply("-f", "apiserver/identity.yaml"),
		d.apply("-f", "apiserver/flowschema.yaml"),
		d.apply("-f", "controller/identity.yaml"),
		d.apply("-k", "rbac"),
	)
	if err != nil {
		return err
	}
	return d.applyAdmission(ctx)
}

// applyExamples applies what the platform has, two organizations with projects and prices, and the demo's own rights.
func (d *demo) applyExamples(ctx context.Context) error {
	if err := d.kubectl(ctx, d.apply("-k", "examples/platform"), []string{"apply", "-f", d.home.platform("classes.yaml")}); err != nil {
		return err
	}
	if err := d.applyOldest(ctx, "initech"); err != nil {
		return err
	}
	// The webhook sees a moment later what a Project needs: its organization and the prices of its models.
	examples := func(ctx context.Context) error { return d.kubectl(ctx, d.apply("-k", "examples")) }
	if err := retried(ctx, examplesTimeout, examples); err != nil {
		return err
	}
	if err := d.applyInput(ctx, rights); err != nil {
		return err
	}
	for _, file := range []string{"provider.yaml", "guest.yaml"} {
		if err := d.kubectl(ctx, []string{"apply", "-f", d.home.platform(file)}); err != nil {
			return err
		}
	}
	return nil
}

// applyOldest applies an organization and waits until whatever comes next is younger: the first to list a domain owns it, and
// Kubernetes dates objects in whole seconds.
func (d *demo) applyOldest(ctx context.Context, name string) error {
	if err := d.kubectl(ctx, []string{"apply", "-f", d.home.platform(name + ".yaml")}); err != nil {
		return err
	}
	out, _, err := d.admin.Run(ctx, "get", "organization", name, "-o", "jsonpath={.metadata.creationTimestamp}")
	if err != nil {
		return err
	}
	created, err := time.Parse(time.RFC3339, out)
	if err != nil {
		return fmt.Errorf("reading the age of organization %s: %w", name, err)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(created.Add(time.Second))):
		return nil
	}
}

const (
	// examplesTimeout is longer than the webhook takes to see what was written, on a machine that is busy with building.
	examplesTimeout = 2 * time.Minute
	// kubectlTimeout is longer than a server that stands still keeps others from working.
	kubectlTimeout = time.Minute
)

// retried tries until f succeeds or time is up, and then returns its last error.
func retried(ctx context.Context, timeout time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var last error
	for {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil { // not merely cut short
			last = err
		}
		select {
		case <-ctx.Done():
			return cmp.Or(last, err)
		case <-time.After(500 * time.Millisecond):
		}
	}
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
		if err := d.applyInput(ctx, data); err != nil {
			return err
		}
	}
	_, _, err = d.admin.Run(ctx, "wait", "--for=condition=Available", "--timeout=240s", "apiservice/"+registration.Name)
	return err
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

// kubectl runs what may be repeated, one call after the other, each until it succeeds or time is up.
func (d *demo) kubectl(ctx context.Context, calls ...[]string) error {
	for _, args := range calls {
		err := retried(ctx, kubectlTimeout, func(ctx context.Context) error {
			_, _, err := d.admin.Run(ctx, args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// applyInput applies objects until it succeeds or time is up.
func (d *demo) applyInput(ctx context.Context, objects []byte) error {
	return retried(ctx, kubectlTimeout, func(ctx context.Context) error {
		_, _, err := d.admin.RunInput(ctx, objects, "apply", "-f", "-")
		return err
	})
}
