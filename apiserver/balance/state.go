package balance

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
)

// ParseState reads the value of the field selector state, "" for any. Text that
// is no state is a 400 that lists them.
func ParseState(text string) (metering.State, error) {
	all := []string{string(metering.StateActive), string(metering.StateWarning), string(metering.StateExhausted), string(metering.StateUnknown)}
	if text != "" && !slices.Contains(all, text) {
		return "", apierrors.NewBadRequest(fmt.Sprintf("field selector: state is %q: allowed are %s", text, strings.Join(all, ", ")))
	}
	return metering.State(text), nil
}
