package prices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable/importer"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

type importOptions struct {
	source        source
	format        string
	output        string
	effectiveFrom string
	url           string
	providers     []string
	models        []string
	renames       []string
	apply         bool
	prune         bool
	strict        bool
	free          bool
	all           bool
	exitCode      bool
}

func newImportCommand(clock func() time.Time) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import FILE --format litellm|models.dev|genai-prices",
		Short: "Show what a public price list would change, and apply it with --apply",
		Long: `Reads a price list (- for stdin) and shows what it would change in a PriceTable. Nothing is changed without --apply.

A changed price becomes a new entry from --effective-from on, so that what was used before stays priced as it was.
Models with "override: true" are never changed. Models that the list no longer names are kept unless --prune is given.
Lists that are in the wrong unit, cut short or in another format are refused.`,
		Example: `  tollgate prices import model_prices_and_context_window.json --format litellm --providers openai,anthropic
  tollgate prices import api.json --format models.dev --apply
  tollgate prices import data.json --format genai-prices --current prices.yaml -o yaml > new-prices.yaml`,
		Args: fileArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), args[0], clock(), streams{cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()})
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *importOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	fs.StringVar(&o.format, "format", "", "Format of the list: litellm, models.dev or genai-prices. Required.")
	fs.StringVarP(&o.output, "output", "o", "", "yaml writes the resulting PriceTable to stdout and the difference to stderr. Without --current it starts from an empty table, and no cluster is asked.")
	fs.BoolVar(&o.apply, "apply", false, "Apply the result to the cluster, by server-side apply.")
	fs.StringVar(&o.effectiveFrom, "effective-from", "", "When changed prices begin, RFC 3339. Now when left out; never in the past.")
	fs.StringVar(&o.url, "source-url", "", "Where the list is from, noted with each price.")
	fs.StringSliceVar(&o.providers, "providers", nil, "Import these providers only, by name after --rename; * stands for any text.")
	fs.StringSliceVar(&o.models, "models", nil, "Import these models only; * stands for any text.")
	fs.StringArrayVar(&o.renames, "rename", nil, "FROM=TO: the list's provider FROM is TO in the gateway; FROM= makes its prices hold for any provider.")
	fs.BoolVar(&o.prune, "prune", false, "Remove models that the list no longer names, with their history.")
	fs.BoolVar(&o.strict, "strict", false, "Refuse the list when a single entry is bad.")
	fs.BoolVar(&o.free, "free", false, "Take over models whose prices are all 0.")
	fs.BoolVar(&o.all, "all", false, "Name every skipped model.")
	fs.BoolVar(&o.exitCode, "exit-code", false, "Exit with 1 when there are differences and they are not applied.")
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// fileArgument asks for one file.
func fileArgument(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return inputError(fmt.Errorf("%d arguments: give one file, or - for stdin", len(args)))
	}
	return nil
}

// validate returns every contradiction of the flags.
func (o *importOptions) validate(file string) error {
	var errs []error
	if o.output != "" && o.output != "yaml" {
		errs = append(errs, fmt.Errorf("--output %q: only yaml is known", o.output))
	}
	if o.apply && o.output != "" {
		errs = append(errs, errors.New("--apply and --output exclude each other"))
	}
	if o.apply && o.source.file != "" {
		errs = append(errs, errors.New("--apply and --current exclude each other: what is applied builds on what the cluster holds"))
	}
	if file == "-" && o.source.file == "-" {
		errs = append(errs, errors.New("the list and --current cannot both be stdin"))
	}
	if o.format == "" {
		errs = append(errs, errors.New("--format is missing: litellm, models.dev or genai-prices"))
	}
	return errors.Join(errs...)
}

// begin is the instant from which changed prices hold.
func (o *importOptions) begin(now time.Time) (time.Time, error) {
	now = now.UTC().Truncate(time.Minute)
	if o.effectiveFrom == "" {
		return now, nil
	}
	t, err := time.Parse(time.RFC3339, o.effectiveFrom)
	if err != nil {
		return time.Time{}, fmt.Errorf("--effective-from %q is not RFC 3339, such as 2026-12-01T00:00:00Z", o.effectiveFrom)
	}
	if t.Truncate(time.Minute).Before(now) {
		return time.Time{}, fmt.Errorf("--effective-from %s is in the past: that would price again what has been paid", o.effectiveFrom)
	}
	return t.UTC(), nil
}

func (o *importOptions) run(ctx context.Context, file string, now time.Time, s streams) error {
	if err := o.validate(file); err != nil {
		return inputError(err)
	}
	from, err := o.begin(now)
	if err != nil {
		return inputError(err)
	}
	choose, err := newChooser(o.providers, o.models)
	if err != nil {
		return inputError(err)
	}
	list, err := o.read(file, choose, s.in)
	if err != nil {
		return inputError(err)
	}
	current, err := o.current(ctx, s.in)
	if err != nil {
		return err
	}
	next, diff := merge.Merge(current, list, merge.Options{EffectiveFrom: from, Prune: o.prune, Only: choose.wanted})
	return o.finish(ctx, current, next, diff, s)
}

func (o *importOptions) read(file string, choose *chooser, stdin io.Reader) (list *importer.List, err error) {
	format, err := importer.ParseFormat(o.format)
	if err != nil {
		return nil, err
	}
	renames, err := parseRenames(o.renames)
	if err != nil {
		return nil, err
	}
	f, err := open(file, stdin)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	list, err = importer.Read(f, format, importer.Options{Free: o.free, Rename: renames, Only: choose.wanted, URL: o.url})
	if err != nil {
		return nil, fmt.Errorf("importing %s: %w", file, err)
	}
	return list, nil
}

// current is the table to build on.
func (o *importOptions) current(ctx context.Context, stdin io.Reader) (*v1alpha1.PriceTable, error) {
	if o.output != "" && o.source.file == "" {
		return nil, nil
	}
	return o.source.load(ctx, stdin)
}

// finish shows the difference and does what was asked with it.
func (o *importOptions) finish(ctx context.Context, current, next *v1alpha1.PriceTable, diff *merge.Diff, s streams) error {
	report := s.out
	if o.output != "" {
		report = s.err
	}
	if err := diff.Print(report, o.all); err != nil {
		return err
	}
	if o.strict && len(diff.Bad) > 0 {
		return inputError(fmt.Errorf("%d entries are bad, which --strict does not allow", len(diff.Bad)))
	}
	if err := merge.CheckSize(next); err != nil {
		return inputError(err)
	}
	switch {
	case o.output != "":
		return writeYAML(s.out, next, o.name(current))
	case o.apply && !diff.Empty():
		st, err := o.source.cluster.open()
		if err != nil {
			return clusterError(err)
		}
		if err := st.apply(ctx, current, next); err != nil {
			return clusterError(err)
		}
		_, err = fmt.Fprintf(report, "Applied to PriceTable %q.\n", o.source.cluster.name)
		return err
	case o.exitCode && !diff.Empty():
		return errDifferent
	case !diff.Empty():
		_, err := fmt.Fprintln(report, "Nothing was changed: apply it with --apply, or write it to a file with -o yaml.")
		return err
	}
	return nil
}

// name is that of the present table when it comes from a file.
func (o *importOptions) name(current *v1alpha1.PriceTable) string {
	if current != nil && current.Name != "" {
		return current.Name
	}
	return o.source.cluster.name
}
