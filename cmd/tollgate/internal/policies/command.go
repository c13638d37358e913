package policies

import (
	"errors"

	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
)

// The exit statuses of the command.
const (
	exitInput   = 2
	exitNothing = 3
)

// NewCommand is `tollgate policies`.
func NewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policies",
		Short: "List, show, check and import the policies of admission",
		Long: `Works on the policies that Tollgate brings and on AdmissionPolicy manifests, without a cluster.

Exit status: 0 when all is well, 2 when an input is bad or a policy does not compile, 3 when there was nothing to do.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inputError(err) })
	cmd.AddCommand(newListCommand(), newShowCommand(), newCheckCommand(), newImportCommand())
	return cmd
}

func inputError(err error) error { return exit.With(err, exitInput) }

func noArgs(cmd *cobra.Command, args []string) error { return inputError(cobra.NoArgs(cmd, args)) }

// someFiles asks for files or folders.
func someFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return inputError(errors.New("give files or folders, or - for stdin"))
	}
	return nil
}
