package main

import (
	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/cmd/tollgate/internal/policies"
)

func newPoliciesCommand() *cobra.Command { return policies.NewCommand() }
