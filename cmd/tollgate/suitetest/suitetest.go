// Package suitetest runs a suite of tollgate review as a Go test, a subtest for
// each case. It is called by tests.
package suitetest

import (
	"context"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/suite"
)

// Judged is a case as tollgate review judged it.
type Judged struct {
	// Name is the case's path below the suite's folder.
	Name string
	// Object is the manifest as it is written, and Old what it replaces, nil when
	// the suite does not say.
	Object, Old *unstructured.Unstructured
	// Operation, User and Groups are what the suite says.
	Operation admissionv1.Operation
	User      string
	Groups    []string
	// Patches are what the webhook's mutation answers, one for each time that it
	// is asked and changes something.
	Patches [][]byte
	// Request is what the webhook gets, and Response what review answers to it.
	// They are nil when the API server refuses the object without asking; when it
	// does not ask, Request is what it would, and Response is nil.
	Request  *admissionv1.AdmissionRequest
	Response *admissionv1.AdmissionResponse
	// NotAsked says that a cluster does not ask the webhook for a verdict.
	NotAsked bool
	// Invalid says that the API server refuses the object itself; Response is
	// then what would be answered if it did not.
	Invalid bool
	// Wrong says why the case does not end as it must; nil when it does.
	Wrong error
	// Told is what the one who applies the object reads.
	Told string
}

// Judge judges all cases of a suite, in the order of their names.
func Judge(t testing.TB, dir string) []Judged {
	t.Helper()
	s := load(t, dir)
	return judge(t, s, s.Open)
}

func load(t testing.TB, dir string) *suite.Suite {
	t.Helper()
	s, err := suite.Load(dir)
	if err != nil {
		t.Fatalf("reading the suite %s: %v", dir, err)
	}
	if len(s.Cases) == 0 {
		t.Fatalf("there is no case in %s", dir)
	}
	return s
}

func judge(t testing.TB, s *suite.Suite, open func(context.Context) (*suite.Runner, error)) []Judged {
	t.Helper()
	runner, err := open(t.Context())
	if err != nil {
		t.Fatalf("preparing the suite %s: %v", s.Dir, err)
	}
	var all []Judged
	for i := range s.Cases {
		v, err := runner.Run(t.Context(), &s.Cases[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Judged{
			Name: v.Case.Name, Object: v.Case.Document.Object, Old: v.Case.Old, Operation: v.Case.Operation,
			User: v.Case.User.Name, Groups: v.Case.User.Groups, Patches: v.Outcome.Patches, Request: v.Outcome.Request, Response: v.Outcome.Response,
			NotAsked: v.Outcome.NotAsked != nil, Invalid: len(v.Outcome.Errors) > 0, Wrong: v.Wrong, Told: v.Told(),
		})
	}
	return all
}

// Run fails for each case of a suite that does not end as it must, in a cluster
// and where the webhook is asked about everything: its policies are right about
// what its configurations keep from it, too.
func Run(t *testing.T, dir string) {
	t.Helper()
	s := load(t, dir)
	asked := judge(t, s, s.OpenAsked)
	for i, j := range judge(t, s, s.Open) {
		t.Run(j.Name, func(t *testing.T) {
			if j.Wrong != nil {
				t.Errorf("%v\n%s", j.Wrong, j.Told)
			}
			if a := asked[i]; a.Wrong != nil {
				t.Errorf("asked about it, whatever the configurations say: %v\n%s", a.Wrong, a.Told)
			}
		})
	}
}
