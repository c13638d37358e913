// Command tollgate is Tollgate's one binary: each face of it is a subcommand.
package main

import (
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
)

func main() {
	os.Exit(cli.Run(newCommand()))
}

func newCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tollgate",
		Short: "Budgets and usage of AI models, for a Kubernetes cluster with a Higress AI gateway",
	}
	cmd.AddCommand(newAPIServerCommand(), newVersionCommand())
	return cmd
}
