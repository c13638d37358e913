package usage

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	meter "tollgate.dev/tollgate/metering/usage"
)

// unavailable says why usage is unknown, in words that hold no address, no tenant
// and nothing of Mimir's: whoever asked may see one namespace and nothing else.
type unavailable struct {
	reason, message string
}

// failure says that an organization's usage is unknown.
type failure struct {
	organization string
	why          *unavailable
}

// String is for whoever asked.
func (f failure) String() string {
	return fmt.Sprintf("usage of organization %s is unknown: %s", f.organization, f.why.message)
}

// noTenant says why an organization's metrics must not be read, to the log: it
// names what belongs to another organization.
type noTenant struct{ reason string }

func (e *noTenant) Error() string { return "its metrics are not read: " + e.reason }

// explain tells whoever asked why usage is unknown, and the log the cause.
func (s *Storage) explain(ctx context.Context, organization string, err error) *unavailable {
	var e *meter.Error
	var none *noTenant
	out := &unavailable{reason: reasonNotRead, message: "it could not be read; try again; if it stays, ask the platform's administrators"}
	switch {
	case errors.As(err, &e):
		out = &unavailable{reason: reasonMimirClass + string(e.Kind), message: e.Error()}
	case errors.As(err, &none):
		out.message = "the organization has no Mimir tenant of its own; ask the platform's administrators to correct spec.mimirTenant of the Organization"
	}
	s.failures.write(ctx, "Reading usage failed", organization, err)
	return out
}

// serviceUnavailable is the 503 of a get. It has no Retry-After: with one kubectl
// tries ten times before it tells anybody, which is a minute of silence.
func (f failure) serviceUnavailable() error { return apierrors.NewServiceUnavailable(f.String()) }

// mostWarnings bounds the Warning headers of an answer.
const mostWarnings = 3

// warnings are the texts of the Warning headers of an answer.
func warnings(failures []failure) []string {
	var out []string
	for i, f := range failures {
		if i == mostWarnings-1 && len(failures) > mostWarnings {
			return append(out, fmt.Sprintf("usage of %d more organizations is unknown: see the condition Available of their rows", len(failures)-i))
		}
		out = append(out, f.String())
	}
	return out
}
