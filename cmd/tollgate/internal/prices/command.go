package prices

import (
	"time"

	"github.com/spf13/cobra"
)

// NewCommand is `tollgate prices`. The clock gives the default of
// --effective-from.
func NewCommand(clock func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prices",
		Short: "Import, compare and check the prices of models",
		Long: `Works on PriceTable objects, which say what models cost. Prices are US dollars per million tokens.

Exit status: 0 when all is well, 1 when there are differences and --exit-code was given, 2 when an input is wrong,
3 when the cluster could not be reached or refused.`,
		Args: func(cmd *cobra.Command, args []string) error { return inputError(cobra.NoArgs(cmd, args)) },
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inputError(err) })
	cmd.AddCommand(newImportCommand(clock), newDiffCommand(), newCheckCommand(clock), newCostCommand(clock))
	return cmd
}
