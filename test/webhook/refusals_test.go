package webhook_test

import (
	"encoding/json"
	"errors"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/webhook/rig"
)

func optionsOfVerdicts() rig.Options { return rig.Options{Replicas: 1} }

// refusals asks for what a program and a person read of one.
func refusals(w *world) {
	w.passes(w.alice, ingress("web", "higress", "chat.acme.example"))
	w.refused(w.alice, ingress("steal", "higress", "www.globex.example"), "route-hosts", "spec.rules[0].host", "www.globex.example")
	w.refused(w.mallory, ingress("web", "higress", "chat.acme.example", "labels: {a: b}"), "requester")

	cfg, err := w.Plane.Config(cluster.User{Name: "alice@acme.example", Groups: []string{"acme"}})
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	var object networkingv1.Ingress
	if err := yaml.Unmarshal([]byte(ingress("", "higress", "*.globex.example", "generateName: drawn-")), &object); err != nil {
		w.t.Fatal(err)
	}
	object.Name = ""
	for _, dry := range [][]string{nil, {metav1.DryRunAll}} {
		_, err = client.NetworkingV1().Ingresses("acme-chat").Create(w.t.Context(), &object, metav1.CreateOptions{DryRun: dry})
		var status *apierrors.StatusError
		if !errors.As(err, &status) || status.ErrStatus.Code != 403 || status.ErrStatus.Reason != metav1.StatusReasonForbidden || status.ErrStatus.Details == nil {
			raw, _ := json.Marshal(status)
			w.t.Fatalf("a generated name, dry run %v: %v %s", dry, err, raw)
		}
		found := false
		for _, c := range status.ErrStatus.Details.Causes {
			found = found || string(c.Type) == "route-hosts" && c.Field == "spec.rules[0].host" && strings.Contains(c.Message, "globex")
		}
		if !found {
			w.t.Errorf("causes: %+v", status.ErrStatus.Details.Causes)
		}
	}
}
