package exit_test

import (
	"errors"
	"fmt"
	"testing"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
)

func TestCode(t *testing.T) {
	plain := errors.New("x")
	tests := []struct {
		name string
		err  error
		code int
		ok   bool
	}{
		{"none", nil, 0, false},
		{"without a status", plain, 0, false},
		{"with a status", exit.With(plain, 3), 3, true},
		{"wrapped", fmt.Errorf("doing it: %w", exit.With(plain, 3)), 3, true},
		{"the first status stays", exit.With(fmt.Errorf("doing it: %w", exit.With(plain, 3)), 2), 3, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, ok := exit.Code(tt.err)
			if code != tt.code || ok != tt.ok {
				t.Errorf("%d, %t", code, ok)
			}
		})
	}
	if exit.With(nil, 2) != nil {
		t.Error("no error became one")
	}
	if got := exit.With(plain, 2); !errors.Is(got, plain) || got.Error() != "x" {
		t.Errorf("%v", got)
	}
}
