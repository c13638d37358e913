package main

import (
	"time"

	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/cmd/tollgate/internal/prices"
)

func newPricesCommand() *cobra.Command {
	return prices.NewCommand(time.Now)
}
