package prices

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

type costOptions struct {
	source   source
	provider string
	at       string
	usage    price.Usage
}

func newCostCommand(clock func() time.Time) *cobra.Command {
	o := &costOptions{}
	cmd := &cobra.Command{
		Use:     "cost MODEL",
		Short:   "Price one request by the PriceTable, to check a bill",
		Example: `  tollgate prices cost gpt-4o --provider openai --input 1200 --cache-read 800 --output 350`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return inputError(errors.New("give one model"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := clock()
			if o.at != "" {
				var err error
				if at, err = time.Parse(time.RFC3339, o.at); err != nil {
					return inputError(fmt.Errorf("--at %q is not RFC 3339, such as 2026-12-01T00:00:00Z", o.at))
				}
			}
			object, err := o.source.load(cmd.Context(), cmd.InOrStdin())
			if err != nil {
				return err
			}
			table, _ := pricetable.Compile(object)
			rate, err := table.Lookup(o.provider, args[0], at)
			if err != nil {
				return inputError(err)
			}
			o.usage.Requests = 1
			cost, err := rate.Cost(o.usage)
			if err != nil {
				return inputError(err)
			}
			return o.print(cmd.OutOrStdout(), rate, cost.String())
		},
	}
	o.source.addFlags(cmd.Flags())
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *costOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.provider, "provider", "", "Provider that serves the model.")
	fs.StringVar(&o.at, "at", "", "When the request was made, RFC 3339. Now when left out.")
	for _, f := range o.kinds() {
		fs.Int64Var(f.count, f.flag, 0, fmt.Sprintf("Tokens of kind %s; each token counts in one kind only.", f.kind))
	}
}

type kindFlag struct {
	flag  string
	kind  price.Kind
	count *int64
}

func (o *costOptions) kinds() []kindFlag {
	u := &o.usage
	return []kindFlag{
		{"input", price.Input, &u.Input}, {"output", price.Output, &u.Output},
		{"cache-read", price.CacheRead, &u.CacheRead}, {"cache-write", price.CacheWrite, &u.CacheWrite},
		{"reasoning", price.Reasoning, &u.Reasoning},
		{"audio-input", price.AudioInput, &u.AudioInput}, {"audio-output", price.AudioOutput, &u.AudioOutput},
		{"image-input", price.ImageInput, &u.ImageInput}, {"image-output", price.ImageOutput, &u.ImageOutput},
	}
}

func (o *costOptions) print(w io.Writer, rate price.Rate, total string) error {
	context, err := o.usage.Context()
	if err != nil {
		return inputError(err)
	}
	for _, f := range o.kinds() {
		if *f.count == 0 {
			continue
		}
		per, _ := rate.Price(f.kind, context)
		if _, err := fmt.Fprintf(w, "%-12s %12d tokens at %s per million\n", f.kind, *f.count, per); err != nil {
			return err
		}
	}
	if rate.PerRequest() > 0 {
		if _, err := fmt.Fprintf(w, "%-12s %s\n", "perRequest", rate.PerRequest()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "cost         %s\n", total)
	return err
}
