package prices

import (
	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/metering/pricetable/merge"
)

func newDiffCommand() *cobra.Command {
	var from source
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "diff FILE",
		Short: "Compare the PriceTable in a file with the present one",
		Long:  `Shows what would change if the PriceTable in FILE (- for stdin) replaced the one in the cluster, or in --current.`,
		Args:  fileArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			after, err := readTable(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			before, err := from.load(cmd.Context(), cmd.InOrStdin())
			if err != nil {
				return err
			}
			diff := merge.Between(before, after)
			if err := diff.Print(cmd.OutOrStdout(), true); err != nil {
				return err
			}
			if exitCode && !diff.Empty() {
				return errDifferent
			}
			return nil
		},
	}
	from.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "Exit with 1 when there are differences.")
	return cmd
}
