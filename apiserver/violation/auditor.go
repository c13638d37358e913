package violation

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Auditor judges what exists.
type Auditor interface {
	// Begin fixes the policies and the objects of one list. Its error says why
	// nothing can be judged yet.
	Begin() (Audit, error)
}

// Audit judges what existed when it began.
type Audit interface {
	// Namespaces that hold objects which are judged, sorted.
	Namespaces() []string
	// Judge returns what breaks a policy in a namespace, or among the
	// cluster-scoped objects for "", in any order. It stops with ctx's error.
	Judge(ctx context.Context, namespace string) ([]Finding, error)
}

// Finding is one way in which one object breaks one policy.
type Finding struct {
	// Policy is its id.
	Policy   string
	Title    string
	Severity string
	// Action is what the violation would do at admission: Deny, Warn or DryRun.
	Action string
	// Object that breaks the policy.
	Object Object
	// Organization that the object was judged by, "" for none.
	Organization string
	// Field that breaks the policy, "" for the whole object.
	Field string
	// Message says what is wrong, and Remedy what to do.
	Message, Remedy string
}

// Object names an object.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	UID                               types.UID
}

// Observer is told of answers. It must be safe for concurrent use.
type Observer interface {
	// Answered is called after a list of rows of a resource was built.
	Answered(resource string, rows int, took time.Duration)
}
