package apiserver_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	// The first of the two steps of an installation registers nothing.
	first, _, err := r.Admin.RunInput(t.Context(), []byte(strings.Join(apply, "\n---\n")), "apply", "--dry-run=server", "-l", "tollgate.dev/apply!=last", "-f", "-")
	if err != nil {
		t.Fatal(err)
	}
	registers := regexp.MustCompile(`(?m)^(apiservice|(validating|mutating)webhookconfiguration)\..*\n`)
	if diff := cmp.Diff(registers.ReplaceAllString(out, ""), first); diff != "" || len(registers.FindAllString(out, -1)) != 4 {
		t.Errorf("the first step (-want +got):\n%s", diff)
	}
	if strings.Contains(errs, "PodSecurity") {
		t.Errorf("the Pods would not be admitted: %s", errs)
	}
}
