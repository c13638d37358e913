package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxErrors of one policy are told.
const maxErrors = 10

// Errors are what OPA holds against a policy's Rego.
type Errors []*ast.Error

// Error implements error: one line for each, file:row:column: code: message,
// with OPA's own details below it.
func (e Errors) Error() string {
	var lines []string
	for i, err := range e {
		if i == maxErrors {
			lines = append(lines, fmt.Sprintf("and %d more errors", len(e)-i))
			break
		}
		line := err.Code + ": " + err.Message
		if l := err.Location; l != nil {
			line = position(l) + ": " + line
		}
		if err.Details != nil {
			line = strings.Join(append([]string{line}, err.Details.Lines()...), "\n\t")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// withPositions gives OPA's errors their columns.
func withPositions(err error) error {
	var several ast.Errors
	if errors.As(err, &several) {
		return Errors(several)
	}
	var one *ast.Error
	if errors.As(err, &one) {
		return Errors{one}
	}
	return err
}

// position of something in the policy's own text.
func position(l *ast.Location) string {
	if l == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", l.File, l.Row, l.Col)
}
