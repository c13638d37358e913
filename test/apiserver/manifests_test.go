package apiserver_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/test/apiserver/rig"
)

// manifests has kube-apiserver judge what a cluster would be given, less what
// needs cert-manager.
func manifests(t *testing.T, r *rig.Rig) {
	built, _ := run(t, r.Admin, "kustomize", r.Manifest("overlays/example"))
	var apply []string
	for _, doc := range strings.Split(built, "\n---\n") {
		var object struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec map[string]any `json:"spec"`
		}
		if err := yaml.Unmarshal([]byte(doc), &object); err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(object.APIVersion, "cert-manager.io/"):
		case object.Kind == "Service": // the rig's own stands in its place
		default:
			apply = append(apply, doc)
		}
		if _, insecure := object.Spec["insecureSkipTLSVerify"]; insecure {
			t.Errorf("%s %s does not verify certificates", object.Kind, object.Metadata.Name)
		}
	}
	out, errs, err := r.Admin.RunInput(t.Context(), []byte(strings.Join(apply, "\n---\n")), "apply", "--dry-run=server", "-f", "-")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out, "(server dry run)"); n != len(apply) || n < 10 {
		t.Errorf("%d of %d objects were judged: %s", n, len(apply), out)
	}
	if strings.Contains(errs, "PodSecurity") {
		t.Errorf("the Pods would not be admitted: %s", errs)
	}
}
