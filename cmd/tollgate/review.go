package main

import (
	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review"
)

func newReviewCommand() *cobra.Command {
	return review.NewCommand(buildVersion)
}
