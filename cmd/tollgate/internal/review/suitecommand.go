package review

import (
	"context"
	"errors"
	"fmt"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/suite"
)

// runSuite judges the cases of a folder.
func (o *options) runSuite(ctx context.Context, _ []string, s streams) error {
	cases, err := suite.Load(o.suite)
	if err != nil {
		return err
	}
	if len(cases.Cases) == 0 {
		return exit.With(fmt.Errorf("nothing was evaluated: there is no case in %s", o.suite), exitNothing)
	}
	runner, err := cases.Open(ctx)
	if err != nil {
		return err
	}
	var all []*suite.Verdict
	failed := 0
	for i := range cases.Cases {
		v, err := runner.Run(ctx, &cases.Cases[i])
		if err != nil {
			return err
		}
		if v.Wrong != nil {
			failed++
		}
		all = append(all, v)
	}
	if o.output == "table" {
		err = suite.Table(s.out, all)
	} else {
		err = report.Formats()[o.output](s.out, suite.Report(o.suite, all), s.format)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if failed > 0 {
		return exit.With(errors.New("not every case ends as expected"), exitViolation)
	}
	return nil
}
