// Command tollgate is Tollgate's one binary: each face of it is a subcommand.
package main

import (
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // budgets have time zones, and an image may have no tz database

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/prices"
)

func main() {
	os.Exit(run(newCommand(), os.Stderr))
}

// run executes a command and returns the process's exit status: that which the
// error asks for, else 1.
func run(cmd *cobra.Command, stderr io.Writer) int {
	err := cli.RunNoErrOutput(cmd)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "Error: %v\n", err)
	if code, ok := prices.ExitCode(err); ok {
		return code
	}
	if code, ok := exit.Code(err); ok {
		return code
	}
	return 1
}

func newCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tollgate",
		Short: "Budgets, usage and admission for a Kubernetes cluster with a Higress AI gateway",
	}
	cmd.AddCommand(newAPIServerCommand(), newControllerCommand(), newWebhookCommand(), newReviewCommand(), newPoliciesCommand(), newPricesCommand(), newVersionCommand())
	return cmd
}
