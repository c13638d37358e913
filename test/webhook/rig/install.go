package rig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// install applies what the webhook stands on: everything but its configurations.
func (r *Rig) install(ctx context.Context) error {
	objects, err := r.Objects(ctx)
	if err != nil {
		return err
	}
	apply := [][]string{
		{"apply", "-f", r.Manifest("apiserver/namespace.yaml")},
		{"apply", "-k", r.Manifest("crds")},
		{"apply", "-k", r.Manifest("higress-crds")},
		{"create", "namespace", "higress-system"},
	}
	if !r.opts.GatewayAPILater {
		apply = append(apply, []string{"apply", "--server-side", "-f", r.GatewayAPI()})
	}
	for _, args := range apply {
		if _, _, err := r.Admin.Run(ctx, args...); err != nil {
			return err
		}
	}
	if err := r.Admin.AwaitTypes(ctx); err != nil {
		return err
	}
	for _, o := range objects {
		switch o.GetKind() {
		case "Deployment", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
			continue
		case "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
			if r.opts.NoBackstop {
				continue
			}
		case "Service":
			o.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
		}
		if err := r.Apply(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Register applies the webhook configurations, for the balancer's port, and
// waits until the authority is in them.
func (r *Rig) Register(ctx context.Context) error {
	objects, err := r.Objects(ctx)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if !strings.HasSuffix(o.GetKind(), "WebhookConfiguration") {
			continue
		}
		webhooks, _, err := unstructured.NestedSlice(o.Object, "webhooks")
		if err != nil {
			return fmt.Errorf("reading %s: %w", o.GetKind(), err)
		}
		for _, w := range webhooks {
			w.(map[string]any)["timeoutSeconds"] = int64(30) // the most; a busy machine is not what is tested
			client := w.(map[string]any)["clientConfig"].(map[string]any)
			client["service"].(map[string]any)["port"] = int64(r.port)
			if r.opts.TLSDir {
				client["caBundle"] = base64.StdEncoding.EncodeToString(r.CA.PEM())
			}
		}
		o.Object["webhooks"] = webhooks
		if err := r.Apply(ctx, o); err != nil {
			return err
		}
	}
	return Eventually(ctx, func(ctx context.Context) error {
		for _, kind := range []string{"validatingwebhookconfiguration", "mutatingwebhookconfiguration"} {
			out, _, err := r.Admin.Run(ctx, "get", kind, "tollgate", "-o", "jsonpath={range .webhooks[*]}[{.clientConfig.caBundle}]{end}")
			if err != nil {
				return err
			}
			if strings.Contains(out, "[]") {
				return fmt.Errorf("%s has webhooks without an authority", kind)
			}
		}
		return nil
	})
}

// Unregister deletes the webhook configurations.
func (r *Rig) Unregister(ctx context.Context) error {
	_, _, err := r.Admin.Run(ctx, "delete", "validatingwebhookconfiguration/tollgate", "mutatingwebhookconfiguration/tollgate")
	return err
}

// Objects are what manifests/webhook makes with the component self-signed.
func (r *Rig) Objects(ctx context.Context) ([]*unstructured.Unstructured, error) {
	dir, err := os.MkdirTemp(r.Env.Dir, "overlay-")
	if err != nil {
		return nil, fmt.Errorf("making an overlay: %w", err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("making an overlay: %w", err)
	}
	base, err := filepath.Rel(dir, r.Manifest("webhook"))
	if err != nil {
		return nil, fmt.Errorf("making an overlay: %w", err)
	}
	overlay := fmt.Sprintf("resources: [%s/base]\ncomponents: [%[1]s/self-signed]\n", base)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
		return nil, fmt.Errorf("making an overlay: %w", err)
	}
	out, _, err := r.Admin.Run(ctx, "kustomize", "--load-restrictor", "LoadRestrictionsNone", dir)
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, doc := range strings.Split(out, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil {
			return nil, fmt.Errorf("reading manifests/webhook: %w", err)
		}
		all = append(all, o)
	}
	return all, nil
}

// Apply applies an object as the administrator.
func (r *Rig) Apply(ctx context.Context, o *unstructured.Unstructured) error {
	raw, err := o.MarshalJSON()
	if err != nil {
		return fmt.Errorf("encoding %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	_, _, err = r.Admin.RunInput(ctx, raw, "apply", "-f", "-")
	return err
}

// Manifest returns the path of a file or folder of manifests.
func (r *Rig) Manifest(path string) string { return filepath.Join(r.root, "manifests", path) }

// GatewayAPI is the folder of the Gateway API's CRDs.
func (r *Rig) GatewayAPI() string { return r.Manifest("gatewayapi") }

// Get returns what a plain HTTP address of a replica answers.
func Get(ctx context.Context, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// Ready asks a replica's readyz.
func Ready(ctx context.Context, health string) error {
	code, body, err := Get(ctx, "http://"+health+"/readyz?verbose=1")
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("readyz: %d: %s", code, body)
	}
	return err
}

// Eventually tries until check returns nil, or returns its last error with ctx's.
func Eventually(ctx context.Context, check func(context.Context) error) error {
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ServedCertificate is what a replica serves now.
func (r *Rig) ServedCertificate(ctx context.Context, one *Replica) (*x509.Certificate, error) {
	// What it is is for the caller to judge.
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(ctx, "tcp", one.Address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}
