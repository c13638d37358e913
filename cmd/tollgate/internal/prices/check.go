package prices

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

func newCheckCommand(clock func() time.Time) *cobra.Command {
	var from source
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Name every model of the PriceTable that has no usable price",
		Long: `Reads the PriceTable of the cluster, or of --current, and names what prices nothing and why: missing kinds, prices that
cannot be read, models that are priced twice. Exits with 2 when there is any.`,
		Args: func(cmd *cobra.Command, args []string) error { return inputError(cobra.NoArgs(cmd, args)) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			object, err := from.load(cmd.Context(), cmd.InOrStdin())
			if err != nil {
				return err
			}
			if object == nil {
				return inputError(fmt.Errorf("there is no PriceTable %q: create one, or import one with --apply", from.cluster.name))
			}
			table, problems := pricetable.Compile(object)
			for _, p := range problems {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), p); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%d prices, %d models priced now, %d problems, %s\n",
				len(object.Spec.Models), table.Priced(clock()), len(problems), table.Digest()); err != nil {
				return err
			}
			if len(problems) > 0 {
				return inputError(fmt.Errorf("%d prices cannot be used", len(problems)))
			}
			return inputError(merge.CheckSize(object))
		},
	}
	from.addFlags(cmd.Flags())
	return cmd
}
