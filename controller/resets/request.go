package resets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

const (
	// mostResets is how many windows one request ends.
	mostResets = 50
	// mostBytes is how long a request may be, so that a condition holds it.
	mostBytes = 8192
)

// Request is what an Organization asks for. The zero Request asks for nothing.
type Request struct {
	// Organization is the object that asks.
	Organization *v1alpha1.Organization
	// Text is the annotation; "" when there is none.
	Text string
}

// Of returns what an organization asks for.
func Of(o *v1alpha1.Organization) Request {
	return Request{Organization: o, Text: strings.TrimSpace(o.Annotations[v1alpha1.AnnotationReset])}
}

// Same tells whether two requests are one.
func (r Request) Same(other Request) bool {
	return r.Text == other.Text && (r.Organization == nil) == (other.Organization == nil) &&
		(r.Organization == nil || r.Organization.UID == other.Organization.UID)
}

// Decided tells whether the organization's status says what became of the
// request. An organization that asks for nothing, and says nothing of an
// earlier request, is decided.
func (r Request) Decided() bool {
	reason, ours := r.recorded()
	return ours && reason != ReasonStarted
}

// Started tells whether the status says that the windows are about to end.
func (r Request) Started() bool {
	reason, ours := r.recorded()
	return ours && reason == ReasonStarted
}

// recorded returns the reason that the status gives, and whether it speaks of
// this request.
func (r Request) recorded() (string, bool) {
	if r.Organization == nil {
		return "", true
	}
	c := meta.FindStatusCondition(r.Organization.Status.Conditions, TypeReset)
	if c == nil || r.Text == "" {
		return "", c == nil && r.Text == ""
	}
	return c.Reason, strings.HasPrefix(c.Message, r.prefix())
}

// prefix begins the condition's message.
func (r Request) prefix() string {
	if len(r.Text) <= mostBytes {
		return r.Text + ": "
	}
	sum := sha256.Sum256([]byte(r.Text))
	return fmt.Sprintf("%d bytes with the SHA-256 %s: ", len(r.Text), hex.EncodeToString(sum[:8]))
}

// example ends the messages of requests that cannot be read.
const example = `write PATH@START, such as acme.chat@2026-11-01T00:00:00Z, where START is the budget's status.windowStart; a comma between two`

// Parse reads the request.
func (r Request) Parse() ([]ledger.Reset, error) {
	if len(r.Text) > mostBytes {
		return nil, fmt.Errorf("it has %d bytes; at most %d are read", len(r.Text), mostBytes)
	}
	items := strings.Split(r.Text, ",")
	if len(items) > mostResets {
		return nil, fmt.Errorf("it names %d windows; at most %d end at once", len(items), mostResets)
	}
	var all []ledger.Reset
	seen := map[ledger.Path]bool{}
	for _, item := range items {
		name, start, ok := strings.Cut(strings.TrimSpace(item), "@")
		if !ok {
			return nil, fmt.Errorf("%q is no window: %s", item, example)
		}
		path, err := ledger.ParsePath(name)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, example)
		}
		if path.Organization() != r.Organization.Name {
			return nil, fmt.Errorf("%s is no budget of %s: an Organization resets its own", path, r.Organization.Name)
		}
		if seen[path] {
			return nil, fmt.Errorf("%s is named twice", path)
		}
		seen[path] = true
		window, err := time.Parse(time.RFC3339, start)
		if err != nil || window.Nanosecond() != 0 || window.Unix() < 0 {
			return nil, fmt.Errorf("%q is no start of a window: %s", start, example)
		}
		all = append(all, ledger.Reset{Path: path, Window: window.UTC()})
	}
	return all, nil
}
