package escapes

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

const (
	startTimeout = 5 * time.Minute
	// patience bounds the wait until the webhook has seen what was just written.
	patience = 20 * time.Second
	// ending is a namespace that is being deleted in the suites' world. test/webhook has one in a cluster.
	ending = "acme-legacy"
)

// A real kube-apiserver with a real webhook answers every case of both suites as
// `tollgate review` does: allowed or not, and in the same words.
func TestWebhookAndReviewAgree(t *testing.T) {
	s := newAdmission(t)
	for i, dir := range suites() {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if i > 0 {
				s.raiseBackstop(t) // it has words of its own for escapes, and none for bystanders
			}
			suite := readSuite(t, dir)
			for _, want := range suitetest.Judge(t, dir) {
				t.Run(want.Name, func(t *testing.T) {
					o := readOne(t, filepath.Join(dir, want.Name))
					if o.GetNamespace() == ending || o.GetName() == ending {
						return
					}
					var old *unstructured.Unstructured
					if e := suite.expected(filepath.FromSlash(want.Name)); e.Old != "" {
						old = readOne(t, filepath.Join(dir, e.Old))
					} else if e.Operation == "DELETE" {
						old = o
					}
					s.agree(t, want, o, old)
				})
			}
		})
	}
	t.Run("a whole collection", s.collections)
	t.Run("the example tenant", s.exampleTenant)
}

// collections are deleted in one request, which has no name; each of their
// objects is asked about.
func (s *admission) collections(t *testing.T) {
	alice, err := s.as("alice@acme.example", "acme")
	if err != nil {
		t.Fatal(err)
	}
	key := readOne(t, filepath.Join("secret", "provider-key-in-use-deleted.yaml"))
	if err := s.put(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, policy string }{
		{"secret/provider-key-in-use-deleted.yaml", "secret-in-use"},
		{"guard/deleted-by-member.yaml", "requester"},
		{"ownership/route-of-other-organization-deleted.yaml", "requester"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			r, err := s.resource(alice, readOne(t, filepath.FromSlash(tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			err = r.DeleteCollection(t.Context(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{})
			if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), tt.policy) {
				t.Errorf("%v: want a refusal by %s", err, tt.policy)
			}
		})
	}
}

// exampleTenant applies its own objects by server-side apply, twice: they pass,
// come back with whose they are, and do not change any more.
func (s *admission) exampleTenant(t *testing.T) {
	alice, err := s.as("alice@acme.example", "acme")
	if err != nil {
		t.Fatal(err)
	}
	apply := func(o *unstructured.Unstructured) *unstructured.Unstructured {
		t.Helper()
		r, err := s.resource(alice, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Apply(t.Context(), o.GetName(), o, metav1.ApplyOptions{FieldManager: "alice", Force: true})
		if err != nil {
			t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
		return got
	}
	for _, path := range examples(t) {
		for _, o := range read(t, path) {
			first := apply(o)
			if owner := first.GetLabels()["tollgate.dev/organization"]; o.GetKind() != "ReferenceGrant" && owner != "acme" {
				t.Errorf("%s %s belongs to %q, want acme", o.GetKind(), o.GetName(), owner)
			}
			if second := apply(o); second.GetResourceVersion() != first.GetResourceVersion() {
				t.Errorf("%s %s: a second apply changes it", o.GetKind(), o.GetName())
			}
		}
	}
}

// as is a client that acts for somebody.
func (s *admission) as(user string, groups ...string) (dynamic.Interface, error) {
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return dynamic.NewForConfig(config)
}

// answer is what somebody gets for a write: why it is refused, "" if it is not,
// and what they are warned of.
type answer struct {
	Refused  string
	Warnings []string
}

// agree holds the cluster's answer against review's. The webhook follows the
// cluster, so that it may need a moment to see what this very case stands on.
func (s *admission) agree(t *testing.T, j suitetest.Judged, o, old *unstructured.Unstructured) {
	t.Helper()
	putBack := s.set(t, o, old)
	defer putBack()
	want := answer{}
	if j.Response != nil {
		want.Warnings = slices.Sorted(slices.Values(j.Response.Warnings))
		if !j.Response.Allowed {
			want.Refused = j.Response.Result.Message
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last error
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		err := s.compare(ctx, j, o, want)
		if err == nil || ctx.Err() == nil {
			last = err
		}
		return err
	}); err != nil {
		t.Error(last)
	}
}

// compare asks once.
func (s *admission) compare(ctx context.Context, j suitetest.Judged, o *unstructured.Unstructured, want answer) error {
	got, err := s.ask(ctx, j, o)
	if err != nil {
		return err
	}
	if j.Invalid || strings.HasPrefix(filepath.FromSlash(j.Name), malformed) {
		if got.Refused == "" {
			return errors.New("kube-apiserver takes what it should refuse by itself")
		}
		return nil
	}
	if prefix := o.GetGenerateName(); prefix != "" {
		// review draws no letters.
		drawn := regexp.MustCompile(regexp.QuoteMeta(prefix) + "[a-z0-9]{5}")
		got.Refused = drawn.ReplaceAllString(got.Refused, prefix+"xxxxx")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the answer is not review's (-review +cluster):\n%s", diff)
	}
	return nil
}

// ask does, dry, what the case does.
func (s *admission) ask(ctx context.Context, j suitetest.Judged, o *unstructured.Unstructured) (answer, error) {
	var warned warnings
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: j.Request.UserInfo.Username, Groups: j.Request.UserInfo.Groups}
	config.WarningHandler = &warned
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return answer{}, err
	}
	r, err := s.resource(client, o)
	if err != nil {
		return answer{}, err
	}
	dry := []string{metav1.DryRunAll}
	switch j.Request.Operation {
	case admissionv1.Create:
		_, err = r.Create(ctx, o, metav1.CreateOptions{DryRun: dry})
		if apierrors.IsAlreadyExists(err) { // found out after admission
			err = nil
		}
	case admissionv1.Update:
		var there *unstructured.Unstructured
		if there, err = r.Get(ctx, o.GetName(), metav1.GetOptions{}); err != nil {
			return answer{}, fmt.Errorf("reading what is updated: %w", err)
		}
		_, err = r.Update(ctx, following(there, o), metav1.UpdateOptions{DryRun: dry})
	case admissionv1.Delete:
		err = r.Delete(ctx, o.GetName(), metav1.DeleteOptions{DryRun: dry})
	default:
		return answer{}, fmt.Errorf("the operation is %s", j.Request.Operation)
	}
	var got answer
	got.Warnings = warned.ours()
	if err == nil {
		return got, nil
	}
	if !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
		return answer{}, err
	}
	got.Refused = err.Error()
	if _, message, ok := strings.Cut(got.Refused, "denied the request: "); ok {
		got.Refused = message
	}
	return got, nil
}

// warnings are what one request was answered with.
type warnings struct {
	mu  sync.Mutex
	all []string
}

// HandleWarningHeader keeps a warning.
func (w *warnings) HandleWarningHeader(_ int, _, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, message)
}

// ours are the webhook's; kube-apiserver has some of its own.
func (w *warnings) ours() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, message := range w.all {
		for _, others := range []string{"annotation \"kubernetes.io/ingress.class\" is deprecated", "tls: ", "x509: "} {
			if strings.Contains(message, others) {
				message = ""
			}
		}
		if message != "" {
			out = append(out, message)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

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
