package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

const (
	// webhookIdentity is the service account that manifests/webhook gives its rights to.
	webhookIdentity = "system:serviceaccount:tollgate-system:tollgate-webhook"
	// webhookReplicas is as many as manifests/webhook has.
	webhookReplicas = 2
	// webhookGrace is longer than a replica serves on and drains.
	webhookGrace = 20 * time.Second
)

// admission is what runs of the webhook.
type admission struct {
	replicas []*supervise.Process
	port     int // the balancer's, which kube-apiserver calls
}

// startWebhook starts the replicas of tollgate webhook and what hands connections to them.
func (d *demo) startWebhook(ctx context.Context) error {
	dir := filepath.Join(d.home.run(), "webhook-tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of the webhook's certificate: %w", err)
	}
	pair, err := d.ca.Server("tollgate-webhook.tollgate-system.svc")
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"tls.crt": pair.Certificate, "tls.key": pair.Key, "ca.crt": d.ca.PEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("writing the webhook's certificate: %w", err)
		}
	}
	kubeconfig, err := d.plane.WriteKubeconfig(d.home.run(), "tollgate-webhook.kubeconfig", cluster.User{
		Name: webhookIdentity, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system"},
	})
	if err != nil {
		return err
	}
	var balanced []string
	for i := range webhookReplicas {
		replica, err := d.startReplica(ctx, fmt.Sprintf("tollgate-webhook-%d", i), kubeconfig, dir)
		if err != nil {
			return err
		}
		balanced = append(balanced, "--replica="+replica)
	}
	return d.startBalancer(ctx, balanced)
}

// startReplica starts one webhook and returns what the balancer has to know of it.
func (d *demo) startReplica(ctx context.Context, name, kubeconfig, tls string) (string, error) {
	path, err := d.env.Binaries.Find(ctx, binaries.Tollgate)
	if err != nil {
		return "", err
	}
	ports, err := cluster.FreePorts(3)
	if err != nil {
		return "", err
	}
	address, metrics, health := cluster.Loopback(ports[0]), cluster.Loopback(ports[1]), cluster.Loopback(ports[2])
	p, err := d.env.Group.Start(ctx, supervise.Spec{
		Name: name, Path: path, Dir: d.home.run(), LogFile: filepath.Join(d.home.run(), name+".log"),
		Restart: true, Ready: cluster.AnswersOK(http.DefaultClient, "http://"+health+"/readyz"), Grace: webhookGrace,
		Args: []string{
			"webhook", "--kubeconfig=" + kubeconfig, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[0]),
			"--tls-dir=" + tls, "--settings=" + d.home.settings(), "--decision-log=" + filepath.Join(d.home.run(), name+"-decisions.json"),
			"--metrics-bind-address=" + metrics, "--metrics-insecure", "--health-probe-bind-address=" + health,
			"--shutdown-delay-duration=2s", // the balancer looks ten times a second
		},
	})
	if err != nil {
		return "", err
	}
	d.admission.replicas = append(d.admission.replicas, p)
	d.board.address(name, "http://"+metrics+"/metrics")
	return name + "=" + address + "," + health, nil
}

func (d *demo) startBalancer(ctx context.Context, replicas []string) error {
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	d.admission.port = ports[0]
	listen := cluster.Loopback(ports[0])
	_, err = d.env.Group.Start(ctx, supervise.Spec{
		Name: balancerCommand, Path: d.home.program(), Args: append([]string{balancerCommand, "--listen=" + listen}, replicas...),
		Dir: d.home.root, LogFile: filepath.Join(d.home.run(), balancerCommand+".log"), Restart: true,
		Ready: func(ctx context.Context) error {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", listen)
			if err != nil {
				return err
			}
			return c.Close()
		},
	})
	if err != nil {
		return err
	}
	d.board.address("tollgate-webhook", "https://"+listen)
	return nil
}

// applyAdmission applies what manifests/webhook brings beside the webhook itself: its rights, settings and the backstop. The
// Service is a name for localhost, because a process on this machine is no endpoint of a cluster.
func (d *demo) applyAdmission(ctx context.Context) error {
	return d.applyWebhookManifests(ctx, func(o *unstructured.Unstructured) (bool, error) {
		switch o.GetKind() {
		case "Deployment", "PodDisruptionBudget", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
			return false, nil
		case "Service":
			o.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
		case "ConfigMap":
			if o.GetName() == "tollgate-admission" {
				return true, d.fillSettings(o)
			}
		}
		return true, nil
	})
}

// fillSettings writes the demo's settings of admission where a cluster has them.
func (d *demo) fillSettings(o *unstructured.Unstructured) error {
	data, err := os.ReadFile(d.home.settings())
	if err != nil {
		return fmt.Errorf("reading the settings of admission: %w", err)
	}
	return unstructured.SetNestedField(o.Object, string(data), "data", "settings.yaml")
}

// registerWebhook has kube-apiserver ask the webhook, by way of the balancer. From now on nothing is written without it.
func (d *demo) registerWebhook(ctx context.Context) error {
	return d.applyWebhookManifests(ctx, func(o *unstructured.Unstructured) (bool, error) {
		switch o.GetKind() {
		case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
			return true, d.pointAtBalancer(o)
		}
		return false, nil
	})
}

// applyWebhookManifests applies those objects of manifests/webhook/base that prepare wants.
func (d *demo) applyWebhookManifests(ctx context.Context, prepare func(*unstructured.Unstructured) (bool, error)) error {
	out, _, err := d.admin.Run(ctx, "kustomize", filepath.Join(d.home.root, "manifests", "webhook", "base"))
	if err != nil {
		return err
	}
	for object := range strings.SplitSeq(out, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(object), &o.Object); err != nil {
			return fmt.Errorf("reading manifests/webhook: %w", err)
		}
		wanted, err := prepare(o)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		data, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("encoding %s %s: %w", o.GetKind(), o.GetName(), err)
		}
		if err := d.applyInput(ctx, data); err != nil {
			return err
		}
	}
	return nil
}

// pointAtBalancer has the webhooks of a configuration call the balancer.
func (d *demo) pointAtBalancer(o *unstructured.Unstructured) error {
	webhooks, ok, err := unstructured.NestedSlice(o.Object, "webhooks")
	if err != nil || !ok {
		return fmt.Errorf("reading the webhooks of %s: %w", o.GetKind(), err)
	}
	for _, w := range webhooks {
		webhook, _ := w.(map[string]any)
		port, bundle := int64(d.admission.port), base64.StdEncoding.EncodeToString(d.ca.PEM())
		if err := unstructured.SetNestedField(webhook, port, "clientConfig", "service", "port"); err != nil {
			return fmt.Errorf("writing the port of %s: %w", o.GetKind(), err)
		}
		if err := unstructured.SetNestedField(webhook, bundle, "clientConfig", "caBundle"); err != nil {
			return fmt.Errorf("writing the authority of %s: %w", o.GetKind(), err)
		}
	}
	return unstructured.SetNestedSlice(o.Object, webhooks, "webhooks")
}
