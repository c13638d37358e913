package policies

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/match"
	"tollgate.dev/tollgate/rego/policy"
)

func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE|DIR|-...",
		Short: "Compile AdmissionPolicies as the webhook does",
		Long: `Reads AdmissionPolicies, holds them against their definition and compiles them as the webhook does. What it says of a
policy that does not compile has the row and column of its Rego. Exits with 2 when any cannot be put in force, and with
3 when there is no policy in the input.`,
		Args: someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			docs, err := read(args, cmd.InOrStdin())
			if err != nil {
				return inputError(err)
			}
			if len(docs) == 0 {
				return exit.With(errors.New("there is no AdmissionPolicy in the input"), exitNothing)
			}
			catalog, err := complete.NewCatalog()
			if err != nil {
				return err
			}
			own, err := baseline.Policies()
			if err != nil {
				return err
			}
			taken := map[string]string{}
			for _, p := range own {
				taken[p.ID] = "Tollgate"
			}
			var errs []error
			for i := range docs {
				p, err := session.ReadPolicy(catalog, docs[i].Object)
				if err == nil {
					err = check(p, taken)
				}
				if err != nil {
					errs = append(errs, describe(&docs[i], err))
					continue
				}
				taken[p.ID] = fmt.Sprintf("%s:%d", docs[i].File, docs[i].Line)
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", p.ID); err != nil {
					return err
				}
			}
			return inputError(errors.Join(errs...))
		},
	}
}

func check(p *policy.Policy, taken map[string]string) error {
	if by, ok := taken[p.ID]; ok {
		return fmt.Errorf("its name is taken, by %s: choose another", by)
	}
	if _, err := match.Compile(&p.Match); err != nil {
		return err
	}
	return policy.Check(p)
}

func yamlOf(v any) (string, error) {
	text, err := yaml.Marshal(v)
	return string(text), err
}
