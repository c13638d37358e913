package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/controller/limits"
	"tollgate.dev/tollgate/tenancy"
)

// installIdentity gives the server its rights and has the aggregator find it on
// loopback.
func (r *Rig) installIdentity(ctx context.Context) error {
	for _, args := range [][]string{
		{"apply", "-f", r.Manifest("apiserver/namespace.yaml")},
		{"apply", "-f", r.Manifest("apiserver/identity.yaml")},
		{"apply", "-f", r.Manifest("apiserver/flowschema.yaml")},
		{"apply", "-k", r.Manifest("rbac")},
		{"create", "service", "externalname", "tollgate-apiserver", "-n", "tollgate-system", "--external-name=localhost"},
	} {
		if _, _, err := r.Admin.Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// installObjects applies CRDs, examples and the test's own objects, and writes
// their limits to the ledger.
func (r *Rig) installObjects(ctx context.Context) error {
	for _, args := range [][]string{
		{"apply", "-k", r.Manifest("crds")},
		{"wait", "--for=condition=Established", "--timeout=240s", "crd", "--all"},
	} {
		if _, _, err := r.Admin.Run(ctx, args...); err != nil {
			return err
		}
	}
	// Discovery follows a definition that is established within moments.
	err := Eventually(ctx, func(ctx context.Context) error {
		_, _, err := r.Admin.Run(ctx, "apply", "-k", r.Manifest("examples"))
		return err
	})
	if err != nil {
		return err
	}
	if len(r.opts.Objects) > 0 {
		if _, _, err := r.Admin.RunInput(ctx, r.opts.Objects, "apply", "-f", "-"); err != nil {
			return err
		}
	}
	return r.ApplyLimits(ctx)
}

// installAPIServices registers the API groups and waits until they are available.
func (r *Rig) installAPIServices(ctx context.Context) error {
	for _, file := range []string{"apiserver/apiservice.yaml", "apiserver/apiservice-policy.yaml"} {
		if err := r.installAPIService(ctx, r.Manifest(file)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rig) installAPIService(ctx context.Context, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the APIService: %w", err)
	}
	var svc apiregistration.APIService
	if err := yaml.UnmarshalStrict(raw, &svc); err != nil {
		return fmt.Errorf("reading the APIService: %w", err)
	}
	svc.Spec.CABundle = r.CA.PEM()
	svc.Spec.Service.Port = ptr.To(int32(r.port))
	if raw, err = yaml.Marshal(svc); err != nil {
		return fmt.Errorf("writing the APIService: %w", err)
	}
	if _, _, err := r.Admin.RunInput(ctx, raw, "apply", "-f", "-"); err != nil {
		return err
	}
	if _, _, err := r.Admin.Run(ctx, "wait", "--for=condition=Available", "--timeout=240s", "apiservice/"+svc.Name); err != nil {
		return err
	}
	// Discovery of all groups together follows within moments.
	return Eventually(ctx, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "api-resources", "--api-group="+svc.Spec.Group, "-o", "name", "--cached=false")
		if err == nil && !strings.Contains(out, "."+svc.Spec.Group) {
			return fmt.Errorf("%s is not discovered: %q", svc.Spec.Group, out)
		}
		return err
	})
}

// ApplyLimits writes the limits of all Organizations and Projects to the ledger.
func (r *Rig) ApplyLimits(ctx context.Context) error {
	d, err := r.Directory(ctx)
	if err != nil {
		return err
	}
	return limits.WriteAll(ctx, r.Ledger, d, time.Now())
}

// Directory reads who owns what from kube-apiserver.
func (r *Rig) Directory(ctx context.Context) (*tenancy.Directory, error) {
	var orgs v1alpha1.OrganizationList
	if err := r.read(ctx, &orgs, "organizations"); err != nil {
		return nil, err
	}
	var projects v1alpha1.ProjectList
	if err := r.read(ctx, &projects, "projects", "-A"); err != nil {
		return nil, err
	}
	return tenancy.NewDirectory(pointers(orgs.Items), pointers(projects.Items)), nil
}

func (r *Rig) read(ctx context.Context, into any, args ...string) error {
	out, _, err := r.Admin.Run(ctx, append([]string{"get", "-o", "json"}, args...)...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		return fmt.Errorf("reading %v: %w", args, err)
	}
	return nil
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

// Manifest returns the path of a file or folder of manifests.
func (r *Rig) Manifest(path string) string { return filepath.Join(r.root, "manifests", path) }
