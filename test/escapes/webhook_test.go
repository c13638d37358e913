package escapes

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

const (
	startTimeout = 15 * time.Minute
	// patience bounds the wait until the webhook has seen what was just written.
	patience = 5 * time.Minute
	// ending is a namespace that is being deleted in the suites' world.
	ending = "acme-legacy"
)

// A real kube-apiserver with a real webhook answers every case of both suites as
// `tollgate review` does: allowed or not, in the same words and causes, and with
// the same patches.
func TestWebhookAndReviewAgree(t *testing.T) {
	s := newAdmission(t)
	var last []held
	for i, dir := range suites() {
		suite := readSuite(t, dir)
		var cases []held
		for _, want := range suitetest.Judge(t, dir) {
			c := held{Judged: want, object: readOne(t, filepath.Join(dir, want.Name))}
			if e := suite.expected(filepath.FromSlash(want.Name)); e.Old != "" {
				c.old = readOne(t, filepath.Join(dir, e.Old))
			} else if e.Operation == "DELETE" {
				c.old = c.object
			}
			if c.object.GetNamespace() == ending || c.object.GetName() == ending {
				last = append(last, c)
			} else {
				cases = append(cases, c)
			}
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if i > 0 {
				s.raiseBackstop(t) // it has words of its own for escapes, and none for bystanders
			}
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) { s.agree(t, c) })
			}
		})
	}
	t.Run("a whole collection", s.collections)
	t.Run("the example tenant", s.exampleTenant)
	t.Run("a namespace that ends", func(t *testing.T) {
		s.end(t, last)
		for _, c := range last {
			t.Run(c.Name, func(t *testing.T) { s.agree(t, c) })
		}
	})
}

// held is a case that the cluster is held to.
type held struct {
	suitetest.Judged
	// object is what is written, and old what is there before; nil for none.
	object, old *unstructured.Unstructured
}

// collections are deleted in one request, which has no name; each of their
// objects is asked about.
func (s *admission) collections(t *testing.T) {
	alice, err := s.as("alice@acme.example", "acme")
	if err != nil {
		t.Fatal(err)
	}
	key := readOne(t, filepath.Join("secret", "provider-key-in-use-deleted.yaml"))
	s.eventually(t, func(ctx context.Context) error { return s.put(ctx, key) })
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
			s.eventually(t, func(ctx context.Context) error { // the webhook sees a moment later what was put there
				err := r.DeleteCollection(ctx, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{})
				if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), tt.policy) {
					return fmt.Errorf("%v: want a refusal by %s", err, tt.policy)
				}
				return nil
			})
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
		var got *unstructured.Unstructured
		s.eventually(t, func(ctx context.Context) (err error) {
			if got, err = r.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "alice", Force: true}); err != nil {
				err = fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
			}
			return err
		})
		if t.Failed() {
			t.FailNow()
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

// agree holds the cluster's answer against review's. The webhook follows the
// cluster, so that it may need a moment to see what this very case stands on.
func (s *admission) agree(t *testing.T, c held) {
	t.Helper()
	putBack := s.set(t, c)
	defer putBack()
	want, err := expect(c.Judged)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last error
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		err := s.compare(ctx, c.Judged, c.object, want)
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
		got.named(prefix)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("the answer is not review's (-review +cluster):\n%s", diff)
	}
	return nil
}
