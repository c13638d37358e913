package review

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// askedCluster is a kube-apiserver with the real webhook and its configurations.
type askedCluster struct {
	*connection
	rig   *rig.Rig
	audit string // kube-apiserver's log
}

// audited has kube-apiserver write down what webhooks patched.
const audited = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, userGroups: [system:nodes, system:serviceaccounts]}
- {level: Request, verbs: [create, update, delete]}
- {level: None}
`

// asks is a group of everybody who asks a question: RBAC lets them do anything.
const asks = "tests.tollgate.dev/asks"

func newAskedCluster(t *testing.T) *askedCluster {
	t.Helper()
	env := clustertest.NewEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	c := &askedCluster{audit: filepath.Join(env.Dir, "audit.json")}
	policy := filepath.Join(env.Dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(audited), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.rig, err = rig.New(ctx, env, rig.Options{NoBackstop: true, APIServerArgs: []string{"--audit-policy-file=" + policy, "--audit-log-path=" + c.audit}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.rig.Close)
	c.connection = connect(t, c.rig.Plane)
	// RBAC lets everybody do everything here: what is refused is refused by a policy.
	for _, args := range [][]string{
		{"create", "clusterrole", "anything", "--verb=*", "--resource=*.*"},
		{"create", "clusterrolebinding", "anything", "--clusterrole=anything", "--group=" + asks},
		{"apply", "-f", c.rig.Manifest("examples/namespaces.yaml")},
		{"apply", "-f", c.rig.Manifest("examples/organizations.yaml")},
		{"apply", "-k", c.rig.Manifest("examples/platform")},
	} {
		if err := rig.Eventually(ctx, func(ctx context.Context) error {
			_, _, err := c.rig.Admin.Run(ctx, args...)
			if args[0] == "create" && err != nil && strings.Contains(err.Error(), "already exists") {
				return nil
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := c.rig.Admin.RunInput(ctx, []byte(asked), "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	// From here on it is known that both configurations are in force.
	first := questions()[0]
	object, _ := first.objects(t)
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		got, _, err := c.ask(ctx, first, object)
		if err == nil && (!strings.Contains(got.Refused, "asked about") || len(got.Patches) == 0) {
			err = fmt.Errorf("kube-apiserver does not ask the webhook, or not for everything: %+v", got)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// objects are what a question writes, and what is there before; nil for nothing.
func (q question) objects(t *testing.T) (object, old *unstructured.Unstructured) {
	t.Helper()
	read := func(text string) *unstructured.Unstructured {
		raw, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		return u
	}
	object = read(q.object)
	switch q.operation {
	case admissionv1.Update:
		old = read(q.old)
	case admissionv1.Delete:
		old = object
	}
	return object, old
}

// who asks, and as a member of which groups.
func (q question) who() (string, []string) {
	if q.user == "" {
		return "alice@acme.example", []string{"acme", asks}
	}
	return q.user, append(slices.Clone(q.groups), asks)
}

// put makes what is there before.
func (c *askedCluster) put(t *testing.T, old *unstructured.Unstructured) {
	t.Helper()
	if old == nil {
		return
	}
	client, err := c.client(c.admin, old)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		_, err := client.Create(ctx, old, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil // it was taken, and the answer lost
		}
		return err
	}); err != nil {
		t.Fatalf("making what is there: %v", err)
	}
}

// answer is what somebody gets for a write.
type answer struct {
	// Refused is why, in the webhook's words; "" if it is taken.
	Refused string
	// Patches are those of the mutating webhook, as canonical JSON.
	Patches []string
}

// ask asks the cluster, without effect, and returns which webhook refused.
func (c *askedCluster) ask(ctx context.Context, q question, object *unstructured.Unstructured) (got answer, by string, err error) {
	config := rest.CopyConfig(c.admin)
	config.Impersonate.UserName, config.Impersonate.Groups = q.who()
	id := uuid.NewString()
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("Audit-ID", id)
			return next.RoundTrip(r)
		})
	})
	client, err := c.client(config, object)
	if err != nil {
		return answer{}, "", err
	}
	dry := []string{metav1.DryRunAll}
	switch q.operation {
	case admissionv1.Update:
		admin, err := c.client(c.admin, object)
		if err != nil {
			return answer{}, "", err
		}
		there, err := admin.Get(ctx, object.GetName(), metav1.GetOptions{})
		if err != nil {
			return answer{}, "", err
		}
		object = object.DeepCopy()
		object.SetResourceVersion(there.GetResourceVersion())
		object.SetUID(there.GetUID())
		_, err = client.Update(ctx, object, metav1.UpdateOptions{DryRun: dry})
		return c.answered(ctx, id, err)
	case admissionv1.Delete:
		err = client.Delete(ctx, object.GetName(), metav1.DeleteOptions{DryRun: dry})
	default:
		_, err = client.Create(ctx, object, metav1.CreateOptions{DryRun: dry})
	}
	return c.answered(ctx, id, err)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered reads an answer: the error, and what the audit log says beside it.
func (c *askedCluster) answered(ctx context.Context, id string, err error) (got answer, by string, _ error) {
	var status *apierrors.StatusError
	if err != nil {
		const denied = "admission webhook "
		if !errors.As(err, &status) || !strings.HasPrefix(status.ErrStatus.Message, denied) {
			return answer{}, "", err
		}
		rest := strings.TrimPrefix(status.ErrStatus.Message, denied)
		name, message, _ := strings.Cut(rest, " denied the request: ")
		got.Refused, by = message, strings.Trim(name, `"`)
	}
	err = rig.Eventually(ctx, func(context.Context) error { // the line may come a moment later
		log, err := os.ReadFile(c.audit)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(log) {
			if !bytes.HasSuffix(line, []byte("\n")) || !bytes.Contains(line, []byte(id)) {
				continue
			}
			got.Patches, err = patches(line)
			return err
		}
		return fmt.Errorf("the request %s is not in kube-apiserver's audit log", id)
	})
	return got, by, err
}

// patches of webhooks in a line of the audit log, in their order.
func patches(line []byte) (all []string, err error) {
	var event struct{ Annotations map[string]string }
	if err := json.Unmarshal(line, &event); err != nil {
		return nil, fmt.Errorf("reading kube-apiserver's audit log: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(event.Annotations)) {
		if !strings.HasPrefix(name, "patch.webhook.admission.k8s.io/") {
			continue
		}
		var said struct{ Patch []any }
		if err := json.Unmarshal([]byte(event.Annotations[name]), &said); err != nil {
			return nil, fmt.Errorf("reading the annotation %s: %w", name, err)
		}
		for _, op := range said.Patch {
			raw, err := json.Marshal(op)
			if err != nil {
				return nil, err
			}
			all = append(all, string(raw))
		}
	}
	return all, nil
}
