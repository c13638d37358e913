package policies

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
	"tollgate.dev/tollgate/rego/gatekeeper"
)

func newImportCommand() *cobra.Command {
	var kinds []string
	cmd := &cobra.Command{
		Use:   "import FILE|DIR|-...",
		Short: "Turn Gatekeeper's ConstraintTemplates and constraints into AdmissionPolicies",
		Long: `Reads ConstraintTemplates with their constraints and writes one AdmissionPolicy per constraint, as YAML for
kubectl apply. The Rego stays as it is. What cannot be carried over (external data, CEL, mutators, unknown fields) is an
error that says why, and nothing is written then.`,
		Example: `  tollgate policies import template.yaml constraint.yaml > policy.yaml
  tollgate policies import gatekeeper/ --inventory networking.k8s.io/v1/Ingress | kubectl apply -f -`,
		Args: someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			var o gatekeeper.Options
			for _, s := range kinds {
				k, err := gatekeeper.ParseKind(s)
				if err != nil {
					return inputError(fmt.Errorf("reading --inventory: %w", err))
				}
				o.Inventory = append(o.Inventory, k)
			}
			docs, problems := manifest.Read(args, cmd.InOrStdin())
			var errs []error
			for _, p := range problems {
				errs = append(errs, p)
			}
			var objects []*unstructured.Unstructured
			for i := range docs {
				objects = append(objects, docs[i].Object)
			}
			all, err := gatekeeper.Import(objects, o)
			if err := errors.Join(append(errs, err)...); err != nil {
				return inputError(err)
			}
			if len(all) == 0 {
				return exit.With(errors.New("there is no ConstraintTemplate in the input"), exitNothing)
			}
			catalog, err := complete.NewCatalog()
			if err != nil {
				return err
			}
			for _, one := range all {
				if err := accepted(catalog, one); err != nil {
					return inputError(err)
				}
			}
			for _, one := range all {
				if err := gatekeeper.Write(cmd.OutOrStdout(), one); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&kinds, "inventory", nil, "Kind that policies read in data.inventory, as GROUP/VERSION/KIND, where their Rego does not name it in constants. May be repeated.")
	return cmd
}

// accepted says whether the API server would take a policy.
func accepted(c *complete.Catalog, one gatekeeper.Imported) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(one.Policy)
	if err != nil {
		return fmt.Errorf("writing AdmissionPolicy %s: %w", one.Policy.Name, err)
	}
	if _, err := session.ReadPolicy(c, &unstructured.Unstructured{Object: fields}); err != nil {
		return fmt.Errorf("AdmissionPolicy %s: the API server would not take it: %w", one.Policy.Name, err)
	}
	return nil
}
