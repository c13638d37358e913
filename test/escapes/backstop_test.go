package escapes

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// raiseBackstop applies the ValidatingAdmissionPolicy that is evaluated before
// the webhook, set up as the suites' settings are, and waits until it acts.
func (s *admission) raiseBackstop(t *testing.T) {
	t.Helper()
	objects, err := s.rig.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		switch {
		case o.GetKind() == "ConfigMap" && o.GetName() == "tollgate-backstop":
			if err := unstructured.SetNestedField(o.Object, "Allow", "data", "tenantPlugins"); err != nil {
				t.Fatal(err)
			}
		case !strings.HasPrefix(o.GetKind(), "ValidatingAdmissionPolicy"):
			continue
		}
		if err := s.rig.Apply(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request := &admissionv1.AdmissionRequest{Operation: admissionv1.Create}
	request.UserInfo.Username, request.UserInfo.Groups = "alice@acme.example", []string{"acme"}
	filter := readOne(t, filepath.Join("envoyfilter", "lua-on-every-request.yaml"))
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		got, err := s.ask(ctx, suitetest.Judged{Request: request}, filter)
		if err == nil && !strings.Contains(got.Refused, "written by the platform only") {
			err = fmt.Errorf("the backstop does not act yet: %q", got.Refused)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
