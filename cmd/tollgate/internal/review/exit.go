package review

import (
	"errors"
	"fmt"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

// The exit statuses of the command.
const (
	exitViolation = 1
	exitInput     = 2
	exitNothing   = 3
)

// inputError marks an error as the input's fault, unless it has a status.
func inputError(err error) error { return exit.With(err, exitInput) }

// verdict is the error that stands for a report: bad input before violations
// before nothing, nil when all is well.
func verdict(s report.Summary) error {
	switch {
	case s.Bad():
		return exit.With(fmt.Errorf("not everything could be judged: %s", s), exitInput)
	case s.Denied > 0:
		return exit.With(fmt.Errorf("%d of %d objects would be refused", s.Denied, s.Objects), exitViolation)
	case s.Objects == 0:
		return exit.With(errors.New("nothing was evaluated: the input holds no object (of a folder, files that end in .yaml, .yml or .json are read)"), exitNothing)
	case !s.Judged():
		return exit.With(errors.New("nothing was evaluated: no policy applies to any object of the input that the webhook is asked about"), exitNothing)
	}
	return nil
}
