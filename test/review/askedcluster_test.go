package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	audit *rig.AuditLog
}

// asks is a group of everybody who asks a question: RBAC lets them do anything.
const asks = "tests.tollgate.dev/asks"

func newAskedCluster(t *testing.T) *askedCluster {
	t.Helper()
	env := clustertest.NewEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	audit, args, err := rig.NewAuditLog(env.Dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &askedCluster{audit: audit}
	if c.rig, err = rig.New(ctx, env, rig.Options{NoBackstop: true, APIServerArgs: args}); err != nil {
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
	id := rig.Traced(config)
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
	patches, err := c.audit.Patches(ctx, id)
	if err != nil {
		return answer{}, "", err
	}
	got.Patches, err = operations(patches)
	return got, by, err
}

// operations of patches, in their order.
func operations(patches []json.RawMessage) (all []string, err error) {
	for _, patch := range patches {
		var said []any
		if err := json.Unmarshal(patch, &said); err != nil {
			return nil, fmt.Errorf("reading a patch: %w", err)
		}
		for _, op := range said {
			raw, err := json.Marshal(op)
			if err != nil {
				return nil, err
			}
			all = append(all, string(raw))
		}
	}
	return all, nil
}
